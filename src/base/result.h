// Result<T> and Error: how every fallible function of Sluice reports failure.
//
// A function that can fail returns Result<T>; success carries the value, failure carries one
// Error. Errors are values until the edge: callers add context on the way up (`with_context`),
// and `cli` prints once. Exceptions of third-party libraries are caught in the folder that
// owns the library and turned into an Error there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace sluice {

// Whose fault it is; decides the exit status of the process (see exit_status in cli).
enum class ErrorKind : std::uint8_t {
  usage,        // the command line is wrong
  config,       // a file that the user wrote for us (sluice.yaml, a rule, a test file) is wrong
  not_found,    // a named input does not exist
  io,           // the operating system refused a file or a process operation
  invalid,      // an input that others made (image, bundle, report) breaks its format
  limit,        // a named limit was reached: size, depth, count, time
  unsupported,  // this machine, engine or build cannot do it
  tool,         // an outside program failed
  crypto,       // a signature, key or digest does not hold
  internal,     // our own bug
};

// A place in a text, as a person reads it. `line` and `column` start
// at 1 (0 = not known); columns count code points.
struct Place {
  std::string path;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string line_text;  // the whole source line, without its end; empty when not known
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string code;     // stable, kebab-case, dotted: "json.duplicate-key"
  std::string message;  // what happened, lower case, no full stop
  std::optional<Place> where;
  std::string hint;                  // what to do next; may be empty
  std::vector<std::string> context;  // innermost first: "reading layer 2", "opening image app.tar"
};

// The printed form, without a trailing newline, for a person:
//   error: unknown key "stagse" [config.unknown-key]
//     --> sluice.yaml:3:1
//      |
//    3 | stagse:
//      | ^
//     while reading the policy
//     hint: the nearest known key is "stages"
[[nodiscard]] std::string to_string(const Error& error);

template <typename T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

// `return fail(ErrorKind::io, "file.open", "cannot open …", "hint …");`
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string code, std::string message,
                                                std::string hint = {}) {
  return tl::unexpected<Error>(
      Error{kind, std::move(code), std::move(message), std::nullopt, std::move(hint), {}});
}

[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

// Like fail(io, …), with the text of `errno_value` appended to the message.
[[nodiscard]] tl::unexpected<Error> fail_errno(std::string code, std::string message, int errno_value);

// The same error with one more line of context, outermost last.
[[nodiscard]] inline Error with_context(Error error, std::string context) {
  error.context.push_back(std::move(context));
  return error;
}

}  // namespace sluice

// Evaluates a Result expression; on failure returns its error from the enclosing function, else yields the
// value. The only macro of its kind; it is a GNU statement expression, which both of our compilers have.
#define SLUICE_TRY(expression)                                                             \
  (__extension__({                                                                         \
    auto&& sluice_try_result = (expression);                                               \
    if (!sluice_try_result) return ::tl::unexpected(std::move(sluice_try_result).error()); \
    std::move(sluice_try_result).value();                                                  \
  }))

// The same for a Status (Result<void>).
#define SLUICE_CHECK(expression)                                         \
  do {                                                                   \
    if (auto sluice_check_result = (expression); !sluice_check_result) { \
      return ::tl::unexpected(std::move(sluice_check_result).error());   \
    }                                                                    \
  } while (false)
