#include "bench/sample_event.hpp"

#include "plugins/testing/load.hpp"

namespace perennial::bench {
namespace {

using Packer = msgpack::packer<msgpack::sbuffer>;

void put(Packer& packer, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  packer.pack_str(size).pack_str_body(text.data(), size);
}

void put(Packer& packer, std::string_view name, std::string_view value) {
  put(packer, name);
  put(packer, value);
}

}  // namespace

Result<SampleEvent> SampleEvent::of_size(std::size_t bytes) {
  SampleEvent sample;
  const std::size_t bare = sample.to_template().size();
  constexpr std::size_t bytes_max = 60'000;
  if (bytes < bare || bytes > bytes_max) {
    return fail(Code::invalid, "expected a size from " + std::to_string(bare) + " to " +
                                   std::to_string(bytes_max) + " bytes, but " +
                                   std::to_string(bytes) + " came");
  }
  sample.filler_.assign(bytes - bare, 'x');
  return sample;
}

void SampleEvent::pack_data(Packer& packer, std::string_view number, std::string_view born_us) {
  packer.pack_map(7);
  put(packer, "number", number);
  put(packer, "born_us", born_us);
  put(packer, "currency", "EUR");
  put(packer, "total_minor");
  packer.pack(13986);
  put(packer, "customer");
  packer.pack_map(2);
  put(packer, "id", "C-0012345");
  put(packer, "name", "Aurora Foods GmbH");
  put(packer, "lines");
  packer.pack_array(2);
  for (int line = 1; line <= 2; ++line) {
    packer.pack_map(3);
    put(packer, "sku", line == 1 ? "PLAT" : "SEAT");
    put(packer, "quantity", "1");
    put(packer, "amount_minor");
    packer.pack(6993);
  }
  put(packer, "note");
  // Always the 16-bit form of a text, so that every size can be met exactly.
  const char head[] = {'\xda', static_cast<char>(filler_.size() >> 8),
                       static_cast<char>(filler_.size())};
  buffer_.write(head, sizeof head);
  buffer_.write(filler_.data(), filler_.size());
}

ByteView SampleEvent::pack(std::string_view number, std::string_view born_us) {
  buffer_.clear();
  Packer packer(buffer_);
  packer.pack_map(10);
  put(packer, "specversion", "1.0");
  put(packer, "id", number);
  put(packer, "source", "perennial://bench/load");
  put(packer, "type", sample_type);
  put(packer, "subject", number);
  put(packer, "time", "2026-11-24T10:15:30.123456Z");
  put(packer, "datacontenttype", "application/msgpack");
  put(packer, "dataschema", "urn:schema:1");
  put(packer, "correlationid", number);
  put(packer, "data");
  pack_data(packer, number, born_us);
  return {buffer_.data(), buffer_.size()};
}

Bytes SampleEvent::to_template() {
  return Bytes(pack(testing_connector::number_mark, testing_connector::born_mark));
}

}  // namespace perennial::bench
