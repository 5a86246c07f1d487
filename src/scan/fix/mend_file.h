// One file mended by the analyser that looks at it. Runs inside a worker process; the parent checks the
// result with a worker of its own choice before anything is written.
#pragma once

#include <chrono>

#include "scan/analysers.h"
#include "scan/analysis.h"
#include "scan/protocol.h"
#include "scan/rule_book.h"

namespace sluice::scan {

// The analysis of the file as it is, with a patch (none if it could not be analysed). `limit` is for all
// looks at this file together; what was mended by then stays.
[[nodiscard]] Analysis mend_file(const RuleBook& book, Analysers& analysers, const Request& request,
                                 std::chrono::milliseconds limit);

}  // namespace sluice::scan
