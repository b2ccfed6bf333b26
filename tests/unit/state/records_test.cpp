#include "runtime/state/records.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <set>

#include "runtime/base/clock.hpp"
#include "runtime/event/pack.hpp"
#include "runtime/state/seen_keys.hpp"

namespace perennial::state {
namespace {

// Gives every field a value of its own, so that a swap or a loss shows.
struct Filler {
  std::uint64_t next = 1;
  std::deque<std::string>& texts;
  template <typename Field>
  Filler& operator()(Field& field) {
    if constexpr (std::is_same_v<Field, Fingerprint>) {
      field = {next, next + 1};
    } else if constexpr (std::is_same_v<Field, std::string_view>) {
      texts.push_back("text-" + std::to_string(next));
      field = texts.back();
    } else {
      field = static_cast<Field>(std::is_same_v<Field, bool> ? 1 : next);
    }
    ++next;
    return *this;
  }
};

template <std::size_t Index = 0>
void for_each_type(const std::function<void(Record)>& visit) {
  if constexpr (Index < std::variant_size_v<Record>) {
    visit(std::variant_alternative_t<Index, Record>{});
    for_each_type<Index + 1>(visit);
  }
}

TEST(Records, SurviveEncodingFieldByField) {
  std::deque<std::string> texts;
  std::size_t types = 0;
  for_each_type([&](Record record) {
    ++types;
    std::visit(
        [&](auto& one) {
          Filler filler{1, texts};
          one.fields(filler);
        },
        record);
    Bytes first;
    encode({123, record}, first);

    const auto decoded = decode(first);

    ASSERT_TRUE(decoded) << name_of(record) << ": " << decoded.error().reason;
    EXPECT_EQ(decoded->time, 123);
    Bytes second;
    encode(*decoded, second);
    EXPECT_EQ(first, second) << name_of(record);
  });
  EXPECT_EQ(types, std::variant_size_v<Record>);
}

TEST(Records, HaveNumbersAndNamesOfTheirOwn) {
  std::set<int> numbers;
  std::set<std::string_view> names;
  for_each_type([&](const Record& record) {
    std::visit([&](const auto& one) { numbers.insert(std::decay_t<decltype(one)>::type); }, record);
    names.insert(name_of(record));
  });
  EXPECT_EQ(numbers.size(), std::variant_size_v<Record>);
  EXPECT_EQ(names.size(), std::variant_size_v<Record>);
  EXPECT_FALSE(numbers.contains(0));
}

TEST(Records, RefuseEveryTruncation) {
  Bytes bytes;
  encode({1, ExceptionOpened{"rejected", "erp", "create_order", "R-1", "owner", 5, "c", "t", 3,
                             true, "", "", "", ""}},
         bytes);

  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode(ByteView(bytes).substr(0, length))) << length;
  }
}

TEST(Records, ReadAnOlderRecordWithFewerFields) {
  Bytes bytes;
  event::Packer(bytes)
      .array(4)
      .unsigned_integer(ExceptionRepeated::type)
      .integer(7)
      .unsigned_integer(9)
      .binary("text");

  const auto decoded = decode(bytes);

  ASSERT_TRUE(decoded) << decoded.error().reason;
  EXPECT_EQ(std::get<ExceptionRepeated>(decoded->record).exception, 9U);
  EXPECT_EQ(std::get<ExceptionRepeated>(decoded->record).cause, "");
}

TEST(Records, RefuseATypeOfANewerRelease) {
  Bytes bytes;
  event::Packer(bytes).array(2).unsigned_integer(200).integer(7);

  const auto decoded = decode(bytes);

  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, Code::unsupported);
}

TEST(SeenKeys, FindWhatWasInsertedAndNothingElse) {
  SeenKeys keys;
  Random random(5);
  std::vector<Fingerprint> inserted;
  for (int index = 0; index < 20'000; ++index) {
    inserted.push_back({random.next(), random.next()});
    ASSERT_TRUE(keys.insert(inserted.back()));
  }

  for (const Fingerprint& key : inserted) ASSERT_TRUE(keys.contains(key));
  for (const Fingerprint& key : inserted) ASSERT_FALSE(keys.insert(key));
  for (int index = 0; index < 20'000; ++index)
    ASSERT_FALSE(keys.contains({random.next(), random.next()}));
  EXPECT_EQ(keys.size(), inserted.size());
  EXPECT_LE(keys.bytes() / keys.size(), 38U);
}

}  // namespace
}  // namespace perennial::state
