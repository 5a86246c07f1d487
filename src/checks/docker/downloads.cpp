#include "checks/docker/downloads.h"

#include <algorithm>

#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr std::string_view k_curl_valued =
    "-o --output -H --header -d --data --data-raw --data-binary --data-urlencode -u --user -A --user-agent "
    "-e --referer -x --proxy "
    "-b --cookie -c --cookie-jar -F --form -T --upload-file -X --request -w --write-out --retry "
    "--retry-delay --retry-max-time "
    "--connect-timeout -m --max-time --cacert --capath -E --cert --key --pass -K --config --url -r --range "
    "-z --time-cond -D "
    "--dump-header --output-dir -C --continue-at --limit-rate --resolve --interface --ciphers --tls-max "
    "--proto --proto-redir "
    "--oauth2-bearer -U --proxy-user --noproxy -Y -y --max-redirs --dns-servers --netrc-file --max-filesize";
constexpr std::string_view k_wget_valued =
    "-O --output-document -P --directory-prefix -o --output-file -a --append-output -i --input-file -t "
    "--tries -T --timeout -U "
    "--user-agent --header --post-data --post-file --user --password --http-user --http-password "
    "--ca-certificate --certificate "
    "--private-key -e --execute -w --wait -Q --quota --limit-rate --referer --progress -A -R -D -I -X -l "
    "--level --secure-protocol "
    "--dns-timeout --connect-timeout --read-timeout --waitretry --bind-address --method --body-data";
constexpr std::string_view k_aria_valued =
    "-o --out -d --dir -x -s -j -k --header --checksum -i --input-file";

std::string file_of_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  while (url.size() > 1 && url.ends_with("/")) url.remove_suffix(1);
  return std::string(base_name(url));
}

bool looks_like_url(const sh::Word& word) {
  return is_url(word.text) || contains(word.text, "://") || word.unknown || contains(word.text, ".");
}

const sh::Option* any_option(const sh::Arguments& arguments, std::string_view names) {
  for (const sh::Option& option : arguments.options) {
    if (listed(names, option.name)) return &option;
  }
  return nullptr;
}

void set_file(Download& out, const sh::Option* option, bool remote_name) {
  if (option != nullptr && option->value) {
    out.to_stdout = *option->value == "-" || *option->value == "/dev/stdout";
    if (!out.to_stdout) out.file = *option->value;
  } else if (remote_name) {
    out.file = out.urls.empty() ? "" : file_of_url(out.urls.front()->text);
  } else {
    out.to_stdout = true;
  }
  if (!out.to_stdout) return;
  for (const sh::Redirect& redirect : out.run.command->redirects) {
    const bool output =
        (redirect.op == ">" || redirect.op == ">>" || redirect.op == ">|") && redirect.fd != 2;
    if (output && redirect.target.text != "/dev/stdout") {
      out.to_stdout = false;
      out.file = redirect.target.text;
    }
  }
}

}  // namespace

std::optional<Download> as_download(const RunCommand& run) {
  const std::string_view name = run.name();
  const bool curl = name == "curl";
  const bool wget = name == "wget" || name == "wget2";
  const bool aria = name == "aria2c" || name == "axel" || name == "fetch";
  if (!curl && !wget && !aria) return std::nullopt;
  const sh::Arguments arguments = sh::arguments(*run.command, curl   ? k_curl_valued
                                                              : wget ? k_wget_valued
                                                                     : k_aria_valued);
  if (arguments.has("--version -V --help -h -I --head --spider -T --upload-file -d --data --data-raw "
                    "--data-binary -F --form")) {
    // wget's -T, -d, -h, -F and -I mean other things
    if (curl || arguments.has("--version -V --help --spider")) return std::nullopt;
  }
  Download out;
  out.run = run;
  for (const sh::Word* word : arguments.operands) {
    if (looks_like_url(*word)) out.urls.push_back(word);
  }
  if (const sh::Option* url = arguments.option("--url"); curl && url != nullptr && url->word != nullptr)
    out.urls.push_back(url->word);
  if (out.urls.empty() && !any_option(arguments, "-i --input-file -K --config")) return std::nullopt;
  if (curl) {
    set_file(out, any_option(arguments, "-o --output"),
             arguments.has("-O --remote-name --remote-name-all -J"));
  } else {
    set_file(out, any_option(arguments, wget ? "-O --output-document" : "-o --out"), true);
  }
  return out;
}

bool is_interpreter(std::string_view name) {
  if (sh::is_shell_name(name)) return true;
  const std::string_view stem = name.substr(0, name.find_first_of("0123456789."));
  return listed("python pypy perl ruby node nodejs php lua deno pwsh powershell", stem);
}

bool runs_stdin(const sh::Command& command) {
  const std::string_view name = command.name();
  if (name == "xargs" || !is_interpreter(name)) return false;
  const bool shell = sh::is_shell_name(name);
  for (std::size_t i = 1; i < command.argv.size(); ++i) {
    const std::string_view text = command.argv[i].text;
    if (text == "-" || text == "/dev/stdin") return true;
    if (text == "--") return i + 1 >= command.argv.size();
    if (!text.starts_with("-")) return false;  // a script
    if (shell && !text.starts_with("--") && contains(text, "s")) return true;
    if (shell ? (!text.starts_with("--") && contains(text, "c"))
              : (text == "-c" || text == "-e" || text == "-r" || text == "-m")) {
      return false;
    }
    if (shell && (text == "-o" || text == "-O")) ++i;
  }
  return true;
}

bool is_verification(const RunCommand& run) {
  const std::string_view name = run.name();
  const auto has = [&](std::string_view words) {
    return std::any_of(run.command->argv.begin(), run.command->argv.end(),
                       [&](const sh::Word& word) { return listed(words, word.text); });
  };
  if (listed("sha224sum sha256sum sha384sum sha512sum b2sum b3sum shasum sha1sum md5sum", name)) {
    if (has("-c --check")) return true;
    for (const sh::Word& word : run.command->argv) {  // -sc, -wc, -a256c
      if (word.text.size() > 1 && word.text[0] == '-' && word.text[1] != '-' && contains(word.text, "c"))
        return true;
    }
    // [ "$(sha256sum f)" = "…" ]: the digest is compared by the shell.
    return run.script().inside(*run.command, sh::ScopeKind::substitution);
  }
  if (name == "gpg" || name == "gpg2" || name == "gpgv")
    return name == "gpgv" || has("--verify --verify-files --verify-options");
  if (name == "cosign" || name == "gh" || name == "slsa-verifier" || name == "sigstore" ||
      name == "notation" || name == "witness") {
    return std::any_of(run.command->argv.begin(), run.command->argv.end(),
                       [](const sh::Word& word) { return word.text.starts_with("verify"); });
  }
  if (name == "minisign" || name == "signify" || name == "signify-openbsd" || name == "rsign") return true;
  if (name == "openssl")
    return has("dgst") && (has("-verify") || run.script().inside(*run.command, sh::ScopeKind::substitution));
  if (name == "rpm" || name == "rpmkeys") return has("-K --checksig");
  if (name == "jarsigner") return has("-verify");
  if (name == "aria2c") return has("--checksum");
  return false;
}

}  // namespace sluice::checks::docker
