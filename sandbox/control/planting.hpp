// Permanent causes planted in the systems, each bound to one renewal, for exceptions to find.
//
// Thread:  guarded by the estate's mutex.
// Errors:  plants fewer causes than asked when there are too few renewals that stand alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/base/json.hpp"

namespace perennial::sandbox {

class World;

struct PlantedCause {
  std::string renewal;
  std::string system;
  std::string kind;
  std::string expected_owner_area;
  std::string description;
  int fault_id = 0;  // of a late effect
  bool is_removed = false;
};

class Planting {
 public:
  explicit Planting(World& world) : world_(world) {}

  // Takes the kinds in turn; renewals whose account has no other renewal, so that each cause hurts
  // exactly one.
  int plant(int count, const Json& params);
  // One cause by its kind, on a renewal of the plan; a reason when there is no such kind or renewal.
  std::optional<std::string> plant_on(const std::string& renewal, const std::string& kind,
                                      const Json& params);
  // Removes the causes; returns how many there were. The list keeps them, marked as removed.
  int remove_all();

  const std::vector<PlantedCause>& causes() const { return causes_; }
  const PlantedCause* cause_of(const std::string& renewal) const;

 private:
  void plant_one(const std::string& renewal, std::size_t kind, const Json& params);
  void remove(const PlantedCause& cause);

  World& world_;
  std::vector<PlantedCause> causes_;
};

}  // namespace perennial::sandbox
