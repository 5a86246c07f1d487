// URLs without what may be secret in them. Remotes and pipeline variables carry tokens as user info, as query
// and in odd forms of both, and what we write down gets signed and published.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// The URL without user info, query and fragment, in URL form ("scheme://user:token@host/path?key=…", also
// without the scheme) and in scp form ("user@host:path"). Of a helper transport ("ext::command …") only the
// helper's name is left, for its address may be anything. Control characters are dropped. A local path stays,
// save its query. Scrubbing twice changes nothing more.
[[nodiscard]] std::string scrub_url(std::string_view url);

}  // namespace sluice
