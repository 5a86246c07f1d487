#include "sandbox/wire.h"

#include <chrono>
#include <cstring>
#include <optional>
#include <type_traits>

namespace sluice::sandbox {
namespace {

// One description of the fields of each message serves both directions.
class Writer {
 public:
  void value(std::uint64_t number) { bytes_.append(reinterpret_cast<const char*>(&number), sizeof(number)); }
  void value(const std::string& text) {
    value(std::uint64_t{text.size()});
    bytes_ += text;
  }
  template <typename T>
    requires(std::is_enum_v<T> || std::is_integral_v<T>)
  void value(T number) {
    value(static_cast<std::uint64_t>(number));
  }
  template <typename Rep, typename Period>
  void value(std::chrono::duration<Rep, Period> duration) {
    value(static_cast<std::uint64_t>(duration.count()));
  }
  template <typename T>
  void value(const std::optional<T>& item) {
    value(item.has_value());
    if (item) value(*item);
  }
  template <typename T, typename Each>
  void list(const std::vector<T>& items, Each each) {
    value(std::uint64_t{items.size()});
    for (const T& item : items) each(item);
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  void value(std::uint64_t& number) {
    if (bytes_.size() < sizeof(number)) {
      fail();
      number = 0;
      return;
    }
    std::memcpy(&number, bytes_.data(), sizeof(number));
    bytes_.remove_prefix(sizeof(number));
  }
  void value(std::string& text) {
    std::uint64_t size = 0;
    value(size);
    if (size > bytes_.size()) {
      fail();
      return;
    }
    text = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
  }
  template <typename T>
    requires(std::is_enum_v<T> || std::is_integral_v<T>)
  void value(T& number) {
    std::uint64_t raw = 0;
    value(raw);
    number = static_cast<T>(raw);
  }
  template <typename Rep, typename Period>
  void value(std::chrono::duration<Rep, Period>& duration) {
    std::uint64_t count = 0;
    value(count);
    duration = std::chrono::duration<Rep, Period>(static_cast<Rep>(count));
  }
  template <typename T>
  void value(std::optional<T>& item) {
    bool known = false;
    value(known);
    if (known) value(item.emplace());
  }
  template <typename T, typename Each>
  void list(std::vector<T>& items, Each each) {
    std::uint64_t size = 0;
    value(size);
    for (std::uint64_t i = 0; i < size && ok_; ++i) each(items.emplace_back());
  }
  // Whole and well-formed.
  [[nodiscard]] bool done() const { return ok_ && bytes_.empty(); }

 private:
  void fail() {
    ok_ = false;
    bytes_ = {};
  }
  std::string_view bytes_;
  bool ok_ = true;
};

template <typename Archive, typename Request>
void fields_of_request(Archive& archive, Request& r) {
  const auto each = [&](auto& item) { archive.value(item); };
  archive.value(r.name);
  archive.value(r.lower);
  archive.value(r.session);
  archive.list(r.argv, each);
  archive.list(r.env, each);
  archive.value(r.identity.uid);
  archive.value(r.identity.gid);
  archive.list(r.identity.groups, each);
  archive.value(r.identity.home);
  archive.value(r.workdir);
  archive.value(r.read_only);
  archive.value(r.loopback);
  archive.value(r.private_network);
  archive.value(r.copy);
  archive.list(r.tmpfs, [&](auto& item) {
    archive.value(item.path);
    archive.value(item.size_bytes);
  });
  archive.value(r.limits.memory_bytes);
  archive.value(r.limits.cpu_milli);
  archive.value(r.limits.pids);
  archive.value(r.limits.disk_bytes);
  archive.value(r.limits.time);
  archive.value(r.filter);
  archive.value(r.watched);
  archive.value(r.by_ptrace);
  archive.value(r.trace_filter);
  archive.value(r.plain_filter);
  archive.value(r.list_layer);
  archive.value(r.ends_session);
  archive.value(r.capabilities);
}

template <typename Archive, typename E>
void fields_of_event(Archive& archive, E& e) {
  archive.value(e.kind);
  archive.value(e.fault);
  archive.value(e.text);
  archive.value(e.wait_status);
  archive.value(e.peaks.memory_bytes);
  archive.value(e.peaks.pids);
  archive.value(e.peaks.cpu);
  archive.value(e.out_of_memory);
  archive.value(e.pids_exhausted);
}

template <typename Archive, typename H>
void fields_of_handshake(Archive& archive, H& h) {
  archive.value(h.ready);
  archive.value(h.problem);
  archive.value(h.namespaces);
  archive.list(h.missing, [&](auto& item) { archive.value(item); });
}

template <typename Archive, typename C>
void fields_of_command(Archive& archive, C& c) {
  archive.value(c.kind);
  archive.value(c.number);
  archive.value(c.address);
  archive.value(c.timeout);
}

template <typename Archive, typename A>
void fields_of_answer(Archive& archive, A& a) {
  archive.value(a.error);
  archive.value(a.text);
}

template <typename Archive, typename I>
void fields_of_inspection(Archive& archive, I& i) {
  archive.value(i.tcp);
  archive.value(i.tcp6);
  archive.value(i.udp);
  archive.value(i.udp6);
  archive.list(i.processes, [&](auto& process) {
    archive.value(process.pid);
    archive.value(process.uid);
    archive.value(process.exe);
    archive.list(process.argv, [&](auto& item) { archive.value(item); });
  });
}

tl::unexpected<Error> cut() {
  return fail(ErrorKind::internal, "sandbox.wire", "a message between sandbox and launcher is cut");
}

}  // namespace

std::string encode(const LaunchRequest& request) {
  Writer writer;
  fields_of_request(writer, request);
  return writer.take();
}

std::string encode(const Event& event) {
  Event bounded = event;
  if (bounded.text.size() > k_max_event_text) bounded.text.resize(k_max_event_text);
  Writer writer;
  fields_of_event(writer, bounded);
  return writer.take();
}

std::string encode(const Handshake& handshake) {
  Writer writer;
  fields_of_handshake(writer, handshake);
  return writer.take();
}

Result<LaunchRequest> decode_request(std::string_view bytes) {
  Reader reader(bytes);
  LaunchRequest request;
  fields_of_request(reader, request);
  if (!reader.done()) return cut();
  return request;
}

Result<Event> decode_event(std::string_view bytes) {
  Reader reader(bytes);
  Event event;
  fields_of_event(reader, event);
  if (!reader.done()) return cut();
  return event;
}

std::string encode(const Command& command) {
  Writer writer;
  fields_of_command(writer, command);
  return writer.take();
}

std::string encode(const Answer& answer) {
  Writer writer;
  fields_of_answer(writer, answer);
  return writer.take();
}

std::string encode(const Inspection& inspection) {
  Writer writer;
  fields_of_inspection(writer, inspection);
  return writer.take();
}

Result<Command> decode_command(std::string_view bytes) {
  Reader reader(bytes);
  Command command;
  fields_of_command(reader, command);
  if (!reader.done()) return cut();
  return command;
}

Result<Answer> decode_answer(std::string_view bytes) {
  Reader reader(bytes);
  Answer answer;
  fields_of_answer(reader, answer);
  if (!reader.done()) return cut();
  return answer;
}

Result<Inspection> decode_inspection(std::string_view bytes) {
  Reader reader(bytes);
  Inspection inspection;
  fields_of_inspection(reader, inspection);
  if (!reader.done()) return cut();
  return inspection;
}

Result<Handshake> decode_handshake(std::string_view bytes) {
  Reader reader(bytes);
  Handshake handshake;
  fields_of_handshake(reader, handshake);
  if (!reader.done()) return cut();
  return handshake;
}

}  // namespace sluice::sandbox
