// Sentences that Markdown and text share. Private to the folder.
#pragma once

#include <string>

#include "explain/page.h"

namespace sluice::explain {

// "high", "shown by default" …
[[nodiscard]] std::string shown_when(const Page& page);
// "`sluice scan --fix` can do it: add -y." One sentence for each kind of fix; empty if there is none.
[[nodiscard]] std::string fix_sentence(const PageFix& fix);
[[nodiscard]] std::string no_fix_sentence(const Page& page);
// The file that --fix-data names; empty if the fix needs none.
[[nodiscard]] std::string fix_data_of(const Example& example);
// What has to be configured for the example; empty if nothing.
[[nodiscard]] std::string configuration_of(const Example& example);

}  // namespace sluice::explain
