"""Makes copies of the runtime's sources with defects in them, each behind has_bug("its name").

  plant_bugs.py ROOT OUT     writes OUT/<file>.cpp for each file in BUGS, and OUT/planted_names.hpp
  plant_bugs.py --files      prints the files, for CMake

The product carries none of this: a bug is a place in its sources (which must be there exactly once, so that a bug
whose place was rewritten fails the build instead of testing nothing) and what stands there instead.
"""
import pathlib
import sys

# (name, file, what stands there, what stands there with the bug)
BUGS = [
    ("dedupe", "pipeline/intake.cpp", "if (controls().skips_dedupe) {", 'if (has_bug("dedupe")) {'),
    ("event_dropped", "pipeline/intake.cpp", "    IngestVerdict verdict = IngestVerdict::accepted;\n    Refused refused;\n",
     '    if (has_bug("event_dropped") && (bytes.size() + frame.batch) % 41 == 0) continue;\n'
     "    IngestVerdict verdict = IngestVerdict::accepted;\n    Refused refused;\n"),
    ("refusal_dropped", "pipeline/intake.cpp", "    if (verdict != IngestVerdict::refused) continue;\n",
     '    if (verdict != IngestVerdict::refused || has_bug("refusal_dropped")) continue;\n'),
    ("resend_without_lookup", "pipeline/settle.cpp", "if (controls().skips_lookup)",
     'if (has_bug("resend_without_lookup"))'),
    ("lookup_before_settling", "pipeline/settle.cpp", "record.due = over + plan.settle_ms;",
     'record.due = has_bug("lookup_before_settling") ? turn.now : over + plan.settle_ms;'),
    ("stale_answer", "pipeline/settle.cpp", "delivery->attempt == entry.attempt && delivery->epoch == from.epoch;",
     '(has_bug("stale_answer") || delivery->attempt == entry.attempt) &&\n'
     '                          (has_bug("stale_answer") || delivery->epoch == from.epoch);'),
    ("stale_answer", "pipeline/settle.cpp", "const bool is_current = from.is_live &&",
     'const bool is_current = (has_bug("stale_answer") || from.is_live) &&'),
    ("lane_forgotten", "pipeline/settle.cpp", "if (const state::Delivery* head = state_.lane_head(lane)) enlist(turn, *head);",
     'const state::Delivery* head = state_.lane_head(lane);\n'
     '  if (head != nullptr && !has_bug("lane_forgotten")) enlist(turn, *head);'),
    ("credit_leak", "pipeline/settle.cpp", "  if (!is_current) return late(turn, delivery, entry);\n  --from.link.in_flight;\n",
     "  if (!is_current) return late(turn, delivery, entry);\n"
     '  if (!has_bug("credit_leak")) --from.link.in_flight;\n'),
    ("late_statement", "pipeline/settle.cpp", "must_wait = plan.idempotency == Idempotency::natural;",
     'must_wait = !has_bug("late_statement") && plan.idempotency == Idempotency::natural;'),
    ("no_order", "pipeline/dispatch.cpp", "if (!state_.is_head(*delivery)) continue;",
     'if (!state_.is_head(*delivery) && !has_bug("no_order")) continue;'),
    ("no_order", "pipeline/dispatch.cpp", "delivery.status == DeliveryStatus::scheduled && state_.is_head(delivery);",
     "delivery.status == DeliveryStatus::scheduled &&\n"
     '                          (has_bug("no_order") || state_.is_head(delivery));'),
    ("no_credit", "pipeline/dispatch.cpp", "while (link.in_flight < plan->in_flight_max &&",
     'while ((has_bug("no_credit") || link.in_flight < plan->in_flight_max) &&'),
    ("window_ignored", "pipeline/dispatch.cpp", "plan.idempotency == Idempotency::key && delivery.doubt_since != 0",
     '!has_bug("window_ignored") && plan.idempotency == Idempotency::key && delivery.doubt_since != 0'),
    ("key_of_attempt", "pipeline/partition.cpp", "  append_generation(generation, key);\n}",
     '  append_generation(has_bug("key_of_attempt") ? delivery.attempt : generation, key);\n}'),
    ("replay_differs", "pipeline/partition.cpp", "  return state_.apply(position, *stamped);\n",
     '  if (has_bug("replay_differs")) stamped->time -= 1;\n  return state_.apply(position, *stamped);\n'),
    ("time_goes_back", "pipeline/partition.cpp",
     "Status Partition::handle(const Input& input, TimeMs now, Effects& effects) {\n"
     "  Turn turn{std::max(now, state_.time()), effects};\n",
     "Status Partition::handle(const Input& input, TimeMs now, Effects& effects) {\n"
     '  Turn turn{has_bug("time_goes_back") ? now : std::max(now, state_.time()), effects};\n'),
    ("over_is_sent", "pipeline/partition.cpp", "is_over =\n      output.verb == wire::Verb::execute &&",
     'is_over =\n      !has_bug("over_is_sent") && output.verb == wire::Verb::execute &&'),
    ("never_overdue", "pipeline/router.cpp", "  const auto [name, key] = state::State::split_join(join_id);\n",
     '  if (has_bug("never_overdue")) return {};\n  const auto [name, key] = state::State::split_join(join_id);\n'),
    ("left_before_durable", "pipeline/partition_service.cpp", "const bool is_early = controls().releases_before_commit;",
     'const bool is_early = has_bug("left_before_durable");'),
    ("over_is_sent", "pipeline/partition_service.cpp", "if (peers_.at(peer).stream.epoch() == 0) return {};",
     'if (!has_bug("over_is_sent") && peers_.at(peer).stream.epoch() == 0) return {};'),
    ("reserve_untold", "pipeline/partition_service.cpp", "has_reserve != told_reserve_) {",
     '(has_reserve != told_reserve_ && !has_bug("reserve_untold"))) {'),
    ("question_leak", "pipeline/partition_service.cpp", "if (!partition_.forget_question(dispatch->delivery)) return {};",
     'if (has_bug("question_leak") || !partition_.forget_question(dispatch->delivery)) return {};'),
    ("silent_partition", "pipeline/service_inputs.cpp", "  return send(connector, wire::Heartbeat{});\n",
     '  if (has_bug("silent_partition")) return {};\n  return send(connector, wire::Heartbeat{});\n'),
    ("no_sync", "store/journal.cpp", "if (status && options_.durability == Durability::fsync)",
     'if (status && !has_bug("no_sync") && options_.durability == Durability::fsync)'),
    ("sync_error_ignored", "store/journal.cpp",
     "  if (!status) {\n    is_broken_ = true;\n    return status;\n  }\n  offset_ += need;\n",
     '  if (!status && !has_bug("sync_error_ignored")) {\n    is_broken_ = true;\n    return status;\n  }\n'
     "  offset_ += need;\n"),
    ("last_batch_not_rewritten", "store/journal.cpp", "if (tail.last && tail.last->segment_path == tail.segment_path) {",
     'if (!has_bug("last_batch_not_rewritten") && tail.last &&\n      tail.last->segment_path == tail.segment_path) {'),
    ("segment_name_not_synced", "store/journal.cpp", "  if (auto status = file_system_.sync_directory(options_.directory); !status) return status;\n",
     '  if (has_bug("segment_name_not_synced")) return prepare_spare(), Status{};\n'
     "  if (auto status = file_system_.sync_directory(options_.directory); !status) return status;\n"),
    ("folder_name_not_synced", "store/journal.cpp", "for (const std::string& named : {parent_of(directory), directory}) {",
     "for (const std::string& named : {parent_of(directory), directory}) {\n"
     '    if (has_bug("folder_name_not_synced")) break;'),
    ("checksum_ignored", "store/batch.cpp", "return get<std::uint32_t>(bytes.data() + batch_crc_at) == whole;",
     'return has_bug("checksum_ignored") || get<std::uint32_t>(bytes.data() + batch_crc_at) == whole;'),
    ("hole_accepted", "store/journal_reader.cpp", "if (*is_hole) return hole(",
     'if (*is_hole && !has_bug("hole_accepted")) return hole('),
]


def files():
    return sorted({file for _, file, _, _ in BUGS})


def make(root, out):
    out.mkdir(parents=True, exist_ok=True)
    for file in files():
        text = (root / "runtime" / file).read_text(encoding="utf-8")
        for name, of, old, new in BUGS:
            if of != file:
                continue
            if text.count(old) != 1:
                sys.exit(f"plant_bugs: {name}: expected this once in runtime/{file}, but it is there "
                         f"{text.count(old)} times; write the bug anew:\n{old}")
            text = text.replace(old, new)
        (out / pathlib.Path(file).name).write_text('#include "tests/simulation/has_bug.hpp"\n' + text, encoding="utf-8")
    names = "".join(f'    "{name}",\n' for name in dict.fromkeys(name for name, *_ in BUGS))
    (out / "planted_names.hpp").write_text(
        f"#pragma once\n#include <string_view>\ninline constexpr std::string_view all_planted[] = {{\n{names}}};\n",
        encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--files"]:
        print(";".join(files()), end="")
    else:
        make(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
