#include "tests/simulation/host.hpp"

#include <algorithm>

namespace perennial::simulation {

Host::Host(HostWorld& world, std::string connector)
    : world_(world), connector_(std::move(connector)) {
  if (connector_ != crm) return;
  sources_.push_back({std::string(facts_source), &world_.estate.facts(), 0, 0, false, {}});
  sources_.push_back({std::string(records_source), &world_.estate.records(), 0, 0, false, {}});
}

void Host::start() {
  if (is_running_) return;
  is_running_ = true;
  ++life_;
  ++pid_;
  restarts_ = 0;
  connect();
}

void Host::kill(bool is_told) {
  if (!is_running_) return;
  is_running_ = false;
  ++life_;
  ++line_;
  for (const Link& link : links_) world_.wire.disconnect(link.peer);
  links_.clear();
  waiting_.clear();
  answers_.clear();
  running_ = 0;
  for (const auto& flight : flights_) {
    if (flight->has_landed) {
      world_.clock.count(Fault::host_killed_after_effect);
    } else if (world_.clock.one_in(2)) {
      world_.clock.count(Fault::host_killed_before_effect);
      flight->is_cut = true;
    }
  }
  flights_.clear();
  for (Source& source : sources_) source.round.reset();
  if (is_told) world_.on_death(connector_, pid_);
}

void Host::connect() {
  ++line_;
  links_.clear();
  cursors_.clear();
  links_.resize(world_.profile.partitions);
  wire::Hello hello;
  hello.connector = connector_;
  hello.plugin = "simulated";
  hello.version = "1.0.0";
  hello.token = "token";
  hello.pid = pid_;
  for (std::uint32_t partition = 0; partition < links_.size(); ++partition) {
    links_[partition].peer = world_.wire.connect(partition);
    (void)send(partition, hello);
  }
  beat(line_);
}

void Host::reconnect() {
  if (!is_running_) return;
  ++line_;
  for (const Link& link : links_) world_.wire.disconnect(link.peer);
  links_.clear();
  waiting_.clear();
  for (Source& source : sources_) source.round.reset();
  const TimeMs wait = std::min<TimeMs>(50 << std::min(restarts_++, 7U), 5'000);
  world_.clock.after(wait, [this, life = life_, line = line_] {
    if (is_running_ && life == life_ && line == line_) connect();
  });
}

// Heartbeats, webhooks and the patience for a welcome.
void Host::beat(std::uint64_t line) {
  world_.clock.after(1'000, [this, line] {
    if (!is_running_ || line != line_) return;
    for (std::uint32_t partition = 0; partition < links_.size(); ++partition) {
      if (links_[partition].is_welcomed) (void)send(partition, wire::Heartbeat{});
    }
    tell_finished();
    beat(line);
  });
  world_.clock.after(10'000, [this, line] {
    if (is_running_ && line == line_ && !is_open()) reconnect();
  });
}

Status Host::send(std::uint32_t partition, const wire::Body& body) {
  Link& link = links_[partition];
  world_.wire.to_hub(link.peer, link.stream.next(body));
  return {};
}

bool Host::is_open() const {
  return !links_.empty() && std::all_of(links_.begin(), links_.end(),
                                        [](const Link& link) { return link.is_welcomed; });
}

bool Host::receive(const wire::Peer& peer, const Bytes& bytes) {
  const auto found = std::find_if(links_.begin(), links_.end(),
                                  [&](const Link& link) { return link.peer == peer; });
  if (found == links_.end()) return false;
  const auto partition = static_cast<std::uint32_t>(found - links_.begin());
  const auto frame = wire::decode(bytes);
  if (!frame) {
    world_.clock.violate("wire: " + frame.error().reason);
    return true;
  }
  const auto* welcome = std::get_if<wire::Welcome>(&frame->body);
  if (welcome != nullptr && !found->is_welcomed) found->stream.set_epoch(welcome->epoch);
  const bool is_refused = std::holds_alternative<wire::Refuse>(frame->body);
  const bool is_sound = !is_refused && found->stream.accept(frame->header).has_value();
  if (!is_sound || (welcome == nullptr && !found->is_welcomed)) {
    reconnect();
    return true;
  }
  found->is_welcomed = true;
  on_body(partition, *frame);
  return true;
}

void Host::on_body(std::uint32_t partition, const wire::Frame& frame) {
  if (const auto* welcome = std::get_if<wire::Welcome>(&frame.body)) {
    on_welcome(partition, *welcome);
  } else if (const auto* dispatch = std::get_if<wire::Dispatch>(&frame.body)) {
    on_dispatch(partition, *dispatch);
  } else if (const auto* events = std::get_if<wire::EventsDurable>(&frame.body)) {
    on_durable(partition, *events);
  } else if (const auto* cursor = std::get_if<wire::CursorDurable>(&frame.body)) {
    on_cursor(*cursor);
  }
}

void Host::on_welcome(std::uint32_t partition, const wire::Welcome& welcome) {
  links_[partition].credit = welcome.credit_deliveries;
  for (const wire::SourceStart& start : welcome.sources) {
    const auto home = wire::home_partition(connector_, start.source, world_.profile.partitions);
    if (home == partition) cursors_[std::string(start.source)] = std::string(start.cursor);
  }
  send_answers();
  if (!is_open()) return;
  restarts_ = 0;
  for (Source& source : sources_) {
    const auto cursor = cursors_.find(source.name);
    source.next = cursor == cursors_.end() ? 0 : std::stoul(cursor->second);
    source.durable = std::max(source.durable, source.next);
    source.round.reset();
    plan_poll(source, 10);
  }
}

// ---- sources

bool Host::is_drained() const {
  return std::all_of(sources_.begin(), sources_.end(),
                     [](const Source& source) { return source.durable >= source.facts->size(); });
}

void Host::plan_poll(Source& source, TimeMs wait) {
  world_.clock.after(wait, [this, &source, life = life_, line = line_] {
    if (is_running_ && life == life_ && line == line_ && is_open()) poll(source);
  });
}

void Host::poll(Source& source) {
  if (source.round) return;
  Clockwork& clock = world_.clock;
  if (!clock.is_calm && source.next > 0 && clock.one_in(world_.profile.source_repeat)) {
    clock.count(Fault::source_repeated);
    source.next -= 1 + clock.draw(source.next);
  }
  if (source.next >= source.facts->size()) return plan_poll(source, 2'000);
  const std::size_t end =
      std::min<std::size_t>(source.next + 1 + clock.draw(4), source.facts->size());
  const std::size_t begin = source.next;
  source.next = end;
  send_parts(source, begin, end);
}

void Host::send_parts(Source& source, std::size_t begin, std::size_t end) {
  Round round;
  round.end = end;
  round.last_batch = ++last_batch_;
  source.round = round;
  for (std::uint32_t partition = 0; partition < links_.size(); ++partition) {
    wire::Events frame;
    frame.source = source.name;
    for (std::size_t index = begin; index < end; ++index) {
      const Bytes& bytes = (*source.facts)[index].event;
      const auto view = event::trusted_event(bytes);
      if (wire::partition_of(view, links_.size()) == partition) frame.events.push_back(bytes);
    }
    if (frame.events.empty()) continue;
    frame.batch = ++last_batch_;
    source.round->last_batch = frame.batch;
    source.round->open[{partition, frame.batch}] = true;
    (void)send(partition, frame);
  }
}

void Host::on_durable(std::uint32_t partition, const wire::EventsDurable& frame) {
  for (Source& source : sources_) {
    if (source.name != frame.source || !source.round) continue;
    source.round->open.erase({partition, frame.batch});
    advance(source);
  }
}

void Host::advance(Source& source) {
  Round& round = *source.round;
  if (!round.open.empty() || round.is_cursor_sent) return;
  round.is_cursor_sent = true;
  const auto home =
      static_cast<std::uint32_t>(wire::home_partition(connector_, source.name, links_.size()));
  (void)send(home, wire::CursorMove{source.name, round.last_batch, std::to_string(round.end)});
}

void Host::on_cursor(const wire::CursorDurable& frame) {
  for (Source& source : sources_) {
    if (source.name != frame.source || !source.round) continue;
    if (source.round->last_batch != frame.batch) continue;
    source.durable = source.round->end;
    source.round.reset();
    plan_poll(source, world_.clock.between(20, 600));
  }
}

// ---- calls

void Host::on_dispatch(std::uint32_t partition, const wire::Dispatch& dispatch) {
  Link& link = links_[partition];
  for (const wire::DispatchEntry& entry : dispatch.entries) {
    world_.on_dispatch(partition, entry);
    Call call;
    call.partition = partition;
    call.epoch = link.stream.epoch();
    call.delivery = entry.delivery;
    call.attempt = entry.attempt;
    call.verb = entry.verb;
    call.token = entry.token;
    const auto view = event::trusted_event(entry.event);
    call.remote = {connector_,
                   std::string(entry.operation),
                   std::string(entry.key),
                   std::string(view.correlation),
                   std::string(view.id),
                   0};
    call.shape = &shape_of(connector_, entry.operation);
    if (++link.outstanding > link.credit + link.stale) {
      world_.clock.violate("bounds: " + connector_ + " got " + std::to_string(link.outstanding) +
                           " deliveries with a credit of " + std::to_string(link.credit));
    }
    waiting_.push_back(std::move(call));
  }
  begin_calls();
}

void Host::begin_calls() {
  const std::uint32_t concurrency = world_.clock.is_calm ? 8 : world_.profile.concurrency;
  while (running_ < concurrency && !waiting_.empty()) {
    Call call = std::move(waiting_.front());
    waiting_.pop_front();
    ++running_;
    call.remote.begun = world_.clock.now();
    begin(std::move(call));
  }
}

std::optional<pipeline::Outcome> Host::draw_refusal(const Call& call) {
  Clockwork& clock = world_.clock;
  if (clock.is_calm || !clock.one_in(world_.profile.refusal)) return std::nullopt;
  constexpr pipeline::Outcome all[] = {
      pipeline::Outcome::try_again,    pipeline::Outcome::throttled,
      pipeline::Outcome::unauthorized, pipeline::Outcome::not_connected,
      pipeline::Outcome::unknown,      pipeline::Outcome::rejected};
  const auto drawn = all[clock.draw(std::size(all))];
  if (drawn == pipeline::Outcome::rejected) {
    if (world_.remote.knows(call.remote)) return std::nullopt;
    world_.remote.refuse(call.remote);
  }
  clock.count(Fault::answer_refused);
  return drawn;
}

void Host::begin(Call call) {
  Clockwork& clock = world_.clock;
  if (call.verb != wire::Verb::execute) return ask(call);
  if (const auto refusal = draw_refusal(call)) {
    clock.after(clock.between(1, 80), [this, call, refusal = *refusal, life = life_] {
      const bool is_throttled = refusal == pipeline::Outcome::throttled;
      answer(call, static_cast<std::uint32_t>(refusal), life, is_throttled ? 500 : -1);
    });
    return;
  }
  const bool is_slow = !clock.is_calm && clock.one_in(world_.profile.slow_call);
  if (is_slow) clock.count(Fault::slow_consumer);
  const TimeMs to_land = is_slow ? clock.between(500, deadline_ms) : clock.between(1, 60);
  const TimeMs to_answer = is_slow ? clock.between(1, deadline_ms) : clock.between(1, 60);
  const bool is_overdue = to_land + to_answer > deadline_ms;
  const bool is_lost = !clock.is_calm && clock.one_in(world_.profile.answer_lost);
  if (is_lost) clock.count(Fault::answer_lost);
  auto flight = std::make_shared<Flight>();
  flights_.push_back(flight);
  const std::uint64_t life = life_;
  const bool is_unanswered = is_overdue || is_lost;
  clock.after(to_land, [this, call, flight, life, wait = is_unanswered ? -1 : to_answer] {
    if (!flight->is_cut) land(call, flight, wait, life);
  });
  if (!is_unanswered) return;
  const TimeMs given_up = is_overdue ? deadline_ms : to_land + to_answer;
  clock.after(given_up, [this, call, flight, life] {
    std::erase(flights_, flight);
    answer(call, static_cast<std::uint32_t>(pipeline::Outcome::unknown), life);
  });
}

// `answer_wait` -1 = nobody learns the answer.
void Host::land(const Call& call, const std::shared_ptr<Flight>& flight, TimeMs answer_wait,
                std::uint64_t life) {
  Clockwork& clock = world_.clock;
  const bool may_be_pending =
      call.shape->may_be_pending && !clock.is_calm && answer_wait >= 0 && clock.one_in(3);
  const RemoteAnswer given = world_.remote.execute(call.remote, may_be_pending);
  flight->has_landed = true;
  if (answer_wait >= 0) {
    clock.after(answer_wait, [this, call, flight, given, life] {
      std::erase(flights_, flight);
      answer(call, given.kind, life, -1, given.token);
    });
  }
  // The death of a host just before its answer, or with others under way.
  const bool is_killed =
      life == life_ && is_running_ && !clock.is_calm && clock.one_in(world_.profile.host_kill);
  if (!is_killed) return;
  clock.count(Fault::host_killed);
  kill(true);
}

void Host::ask(const Call& call) {
  world_.clock.after(world_.clock.between(1, 100), [this, call, life = life_] {
    const RemoteAnswer given = call.verb == wire::Verb::lookup ? world_.remote.lookup(call.remote)
                                                               : world_.remote.poll(call.token);
    answer(call, given.kind, life, -1, given.token);
  });
}

void Host::answer(const Call& call, std::uint32_t kind, std::uint64_t life, TimeMs after_ms,
                  const std::string& token) {
  if (life != life_ || !is_running_) return;
  --running_;
  Answer given;
  given.partition = call.partition;
  given.epoch = call.epoch;
  given.delivery = call.delivery;
  given.attempt = call.attempt;
  given.verb = call.verb;
  given.kind = kind;
  given.after_ms = after_ms;
  given.token = token;
  const bool is_done =
      call.verb == wire::Verb::lookup
          ? kind == static_cast<std::uint32_t>(pipeline::Lookup::done)
          : kind == static_cast<std::uint32_t>(pipeline::Outcome::done) ||
                kind == static_cast<std::uint32_t>(pipeline::Outcome::already_done);
  if (is_done && !call.shape->follow_up.empty()) {
    given.follow_up = Estate::follow_up(*call.shape, call.remote.key, call.remote.correlation);
  }
  answers_.push_back(std::move(given));
  send_answers();
  begin_calls();
}

void Host::send_answers() {
  std::vector<Answer> kept;
  for (Answer& one : answers_) {
    if (one.partition >= links_.size() || !links_[one.partition].is_welcomed) {
      kept.push_back(std::move(one));
      continue;
    }
    Link& link = links_[one.partition];
    if (one.epoch == link.stream.epoch()) {
      --link.outstanding;
    } else if (one.verb != wire::Verb::execute) {
      ++link.stale;
    }
    wire::OutcomeEntry entry;
    entry.delivery = one.delivery;
    entry.attempt = one.attempt;
    entry.verb = one.verb;
    entry.kind = one.kind;
    entry.after_ms = one.after_ms;
    entry.receipt = "\xc0";
    entry.token = one.token;
    if (!one.follow_up.empty()) entry.follow_ups.push_back(one.follow_up);
    wire::Outcomes frame;
    frame.entries.push_back(entry);
    (void)send(one.partition, frame);
  }
  answers_ = std::move(kept);
}

// A webhook says that pending work is done; every partition is told, the one that knows it cares.
void Host::tell_finished() {
  if (connector_ != "billing" || !is_open()) return;
  for (const std::string& token : world_.remote.take_finished()) {
    for (std::uint32_t partition = 0; partition < links_.size(); ++partition) {
      wire::OutcomeEntry entry;
      entry.kind = static_cast<std::uint32_t>(pipeline::Outcome::already_done);
      entry.receipt = "\xc0";
      entry.token = token;
      wire::Outcomes frame;
      frame.entries.push_back(entry);
      (void)send(partition, frame);
    }
  }
}

}  // namespace perennial::simulation
