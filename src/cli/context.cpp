#include "cli/context.h"

#include <unistd.h>

#include "base/file.h"

namespace sluice::cli {

int exit_status(const Error& error) {
  switch (error.kind) {
    case ErrorKind::usage:
    case ErrorKind::config:
    case ErrorKind::not_found:
      return k_exit_usage;
    case ErrorKind::io:
    case ErrorKind::invalid:
    case ErrorKind::unsupported:
    case ErrorKind::tool:
      return k_exit_failed;
    case ErrorKind::limit:
      return k_exit_indeterminate;
    case ErrorKind::crypto:
      return k_exit_denied;
    case ErrorKind::internal:
      return k_exit_internal;
  }
  return k_exit_internal;
}

Status print(std::string_view text) {
  return write_all(STDOUT_FILENO, text);
}

void print_error(std::string_view text) {
  // Nothing can be done when stderr itself is closed; the exit status still tells.
  static_cast<void>(write_all(STDERR_FILENO, std::string(text) + "\n"));
}

}  // namespace sluice::cli
