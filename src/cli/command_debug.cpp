// sluice debug …: looks inside, for people who write rules and for those who doubt our parsing.
#include "base/file.h"
#include "base/yaml.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/context.h"
#include "syntax/dockerfile/buildkit_dump.h"
#include "syntax/dockerfile/document.h"
#include "syntax/language.h"
#include "syntax/tree.h"

namespace sluice::cli {
namespace {

const syntax::Language* language_for(const std::string& path, const std::string& name) {
  if (!name.empty()) return syntax::find_language(name);
  if (const syntax::Language* known = syntax::language_of_path(path)) return known;
  return syntax::find_language("dockerfile");
}

Result<int> run_tree(const Arguments& arguments, Context&) {
  const std::string path = arguments.value("FILE");
  const Bytes text = SLUICE_TRY(read_file(path));
  const syntax::Language* language = language_for(path, arguments.value("language"));
  if (language == nullptr) {
    return fail(ErrorKind::usage, "cli.language", "unknown language \"" + arguments.value("language") + "\"",
                "`sluice version --format json` lists the grammars");
  }
  SLUICE_CHECK(syntax::check_languages());
  syntax::Parser parser;
  const syntax::Tree tree = SLUICE_TRY(parser.parse(*language, text));
  SLUICE_CHECK(print(syntax::print(tree)));
  return k_exit_ok;
}

Result<int> run_dockerfile_ast(const Arguments& arguments, Context&) {
  const Bytes text = SLUICE_TRY(read_file(arguments.value("FILE")));
  SLUICE_CHECK(print(syntax::dockerfile::buildkit_dump(syntax::dockerfile::parse_document(text))));
  return k_exit_ok;
}

Result<int> run_config(const Arguments& arguments, Context&) {
  const std::string path = arguments.value("FILE", "sluice.yaml");
  const Bytes text = SLUICE_TRY(read_file(path));
  SLUICE_TRY(parse_config(text, path));
  // Valid: print what was read, each value with the line it came from.
  const yaml::Node root = SLUICE_TRY(yaml::parse_one(text, path));
  const LineIndex lines(text);
  std::string out;
  const auto walk = [&](const auto& self, const yaml::Node& node, const std::string& name) -> void {
    if (node.kind == yaml::Kind::mapping) {
      for (const yaml::Entry& entry : node.entries) {
        self(self, entry.value, name.empty() ? entry.key.text : name + "." + entry.key.text);
      }
    } else if (node.kind == yaml::Kind::sequence) {
      for (std::size_t i = 0; i < node.items.size(); ++i)
        self(self, node.items[i], name + "[" + std::to_string(i) + "]");
    } else {
      out += name + " = " + json::write(yaml::to_json(node)) + "    # " + path + ":" +
             std::to_string(lines.at(node.span.begin).line) + "\n";
    }
  };
  walk(walk, root, "");
  SLUICE_CHECK(print(out));
  return k_exit_ok;
}

}  // namespace

Command debug_tree_command() {
  return {"debug tree",
          "Print a file's syntax tree with byte ranges",
          "sluice debug tree --language bash build.sh",
          {{"FILE", "FILE", "the file to parse", true},
           {"--language", "NAME", "grammar to use (default: by the file's name, else dockerfile)"}},
          run_tree};
}

Command debug_dockerfile_ast_command() {
  return {"debug dockerfile-ast",
          "Print a Dockerfile in the dump form of BuildKit's parser",
          "sluice debug dockerfile-ast Dockerfile",
          {{"FILE", "FILE", "the Dockerfile", true}},
          run_dockerfile_ast};
}

Command debug_config_command() {
  return {"debug config",
          "Check a configuration and print each value with its origin",
          "sluice debug config sluice.yaml",
          {{"FILE", "FILE", "default sluice.yaml"}},
          run_config};
}

}  // namespace sluice::cli
