#include "sandbox/observe/trace.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace sluice::sandbox {

std::string_view to_string(ObserveMode mode) {
  switch (mode) {
    case ObserveMode::none:
      return "none";
    case ObserveMode::selected:
      return "selected";
    case ObserveMode::all:
      return "all";
  }
  return "none";
}

std::string_view to_string(Observer observer) {
  switch (observer) {
    case Observer::none:
      return "none";
    case Observer::notify:
      return "seccomp-notify";
    case Observer::ptrace:
      return "ptrace";
  }
  return "none";
}

std::string_view to_string(Origin origin) {
  switch (origin) {
    case Origin::image:
      return "image";
    case Origin::written:
      return "written";
    case Origin::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view to_string(NetworkKind kind) {
  switch (kind) {
    case NetworkKind::connect:
      return "connect";
    case NetworkKind::bind:
      return "bind";
    case NetworkKind::listen:
      return "listen";
    case NetworkKind::send:
      return "send";
    case NetworkKind::dns:
      return "dns";
  }
  return "connect";
}

namespace {

// Merges two sets by their keys; the program of the one that is there stays.
template <typename T, typename Key, typename Join>
void unite(std::vector<T>& into, const std::vector<T>& more, std::size_t bound, std::uint64_t& lost, Key key,
           Join join) {
  std::map<decltype(key(more[0])), T> all;
  for (T& item : into) all.emplace(key(item), std::move(item));
  for (const T& item : more) {
    const auto found = all.find(key(item));
    if (found != all.end()) {
      join(found->second, item);
      found->second.count += item.count;
    } else if (all.size() < bound) {
      all.emplace(key(item), item);
    } else {
      ++lost;
    }
  }
  into.clear();
  for (auto& [name, item] : all) into.push_back(std::move(item));
}

void unite_init(InitSeen& into, const InitSeen& one) {
  if (one.sampled) {
    into.handles_term = into.sampled ? into.handles_term && one.handles_term : one.handles_term;
    into.uid = into.sampled ? std::min(into.uid, one.uid) : one.uid;  // root weighs most
  }
  into.sampled = into.sampled || one.sampled;
  into.ignored_stop = into.ignored_stop || one.ignored_stop;
  into.zombies = std::max(into.zombies, one.zombies);
}

}  // namespace

void merge(Trace& into, const Trace& one) {
  constexpr auto no_join = [](auto&, const auto&) {};
  if (into.mode == ObserveMode::none && into.events == 0) {
    into = one;
    return;
  }
  into.mode = std::min(into.mode, one.mode);
  if (one.observer == Observer::none || into.observer == Observer::none) {
    into.observer = Observer::none;
  } else if (one.observer == Observer::ptrace) {
    into.observer = Observer::ptrace;
  }
  if (into.reason.empty()) into.reason = one.reason;
  std::uint64_t lost_calls = 0;  // there are fewer names than any bound
  unite(
      into.syscalls, one.syscalls, SIZE_MAX, lost_calls, [](const SyscallSeen& s) { return s.name; },
      [](SyscallSeen& a, const SyscallSeen& b) {
        a.refused = a.refused || b.refused;
        a.missing = a.missing || b.missing;
      });
  unite(
      into.execs, one.execs, k_max_traced_execs, into.losses.execs,
      [](const ExecSeen& e) { return std::tuple(e.path, e.argv, e.by, e.origin, e.sha256); }, no_join);
  unite(
      into.files, one.files, k_max_traced_files, into.losses.files, [](const FileSeen& f) { return f.path; },
      [](FileSeen& a, const FileSeen& b) {
        a.read = a.read || b.read;
        a.written = a.written || b.written;
        a.deleted = a.deleted || b.deleted;
        a.readable_secret = a.readable_secret || b.readable_secret;
        a.in_layer = a.in_layer || b.in_layer;
      });
  unite(
      into.network, one.network, k_max_traced_network, into.losses.network,
      [](const NetworkSeen& n) { return std::tuple(n.kind, n.protocol, n.address, n.port, n.hostname); },
      no_join);
  std::uint64_t lost_identity = 0;
  unite(
      into.identity, one.identity, k_max_traced_network, lost_identity,
      [](const IdentitySeen& i) { return std::tuple(i.call, i.arguments); },
      [](IdentitySeen& a, const IdentitySeen& b) { a.gain = a.gain || b.gain; });
  into.layer_listed = into.layer_listed && one.layer_listed;
  into.layer.insert(into.layer.end(), one.layer.begin(), one.layer.end());
  std::sort(into.layer.begin(), into.layer.end());
  into.layer.erase(std::unique(into.layer.begin(), into.layer.end()), into.layer.end());
  unite_init(into.init, one.init);
  into.losses.vanished += one.losses.vanished;
  into.losses.unreadable += one.losses.unreadable;
  into.losses.execs += one.losses.execs + lost_identity;
  into.losses.files += one.losses.files;
  into.losses.network += one.losses.network;
  into.losses.layer += one.losses.layer;
  into.events += one.events;
  into.peak_memory_bytes = std::max(into.peak_memory_bytes, one.peak_memory_bytes);
  into.peak_pids = std::max(into.peak_pids, one.peak_pids);
  into.cpu = std::max(into.cpu, one.cpu);
  into.time_to_ready = std::max(into.time_to_ready, one.time_to_ready);
  into.time_to_stop = std::max(into.time_to_stop, one.time_to_stop);
}

}  // namespace sluice::sandbox
