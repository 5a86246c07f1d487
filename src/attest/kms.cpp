#include "attest/kms.h"

#include "attest/secret_filter.h"
#include "base/json.h"

namespace sluice::attest {
namespace {

constexpr int k_sha256 = 5;  // Go's crypto.SHA256
constexpr std::string_view k_program = "sigstore-kms-";

[[nodiscard]] tl::unexpected<Error> bad_answer(std::string message) {
  return fail(ErrorKind::tool, "attest.kms-answer", "the key service's plugin " + std::move(message));
}

// "/usr/bin/sigstore-kms-vault" → "vault"
[[nodiscard]] Result<std::string> name_of(const std::string& plugin) {
  const std::string file = plugin.substr(plugin.rfind('/') + 1);
  if (plugin.starts_with('/') && file.starts_with(k_program) && file.size() > k_program.size())
    return file.substr(k_program.size());
  return fail(ErrorKind::usage, "attest.kms-plugin",
              "\"" + plugin + "\" is no absolute path of a program sigstore-kms-NAME",
              "plugins are never searched for: name the whole path");
}

// What a method returned: the object of its name. The exit status says nothing, by the protocol.
[[nodiscard]] Result<json::Value> ask(const KmsOptions& options, ProcessRunner& runner,
                                      const std::string& method, json::Object arguments, BytesView input) {
  json::Object request{{"initOptions", json::Object{{"protocolVersion", "v1"},
                                                    {"keyResourceID", options.key},
                                                    {"hashFunc", k_sha256},
                                                    {"rpcOptions", json::Object{}}}},
                       {"methodName", method}};
  request.set(method, std::move(arguments));
  ProcessSpec spec;
  spec.argv = {options.plugin, "v1", json::write(request)};
  for (const auto& [name, value] : options.environment) spec.environment.emplace_back(name, value);
  spec.input = std::string(input);
  spec.deadline = k_kms_deadline;
  spec.head_bytes = k_max_kms_answer;
  auto run = runner.run(spec);
  if (!run) {
    return fail(ErrorKind::tool, "attest.kms-plugin",
                "cannot run " + options.plugin + ": " + run.error().message);
  }
  if (run->timed_out) return bad_answer("did not answer in time");
  if (run->out.truncated() || !run->out.tail.empty()) return bad_answer("answers too much");
  auto answer = json::parse(run->out.head, "the plugin's answer");
  if (!answer) return bad_answer("answers no JSON: " + answer.error().message);
  if (const std::string_view problem = answer->string_at("errorMessage"); !problem.empty()) {
    return fail(ErrorKind::tool, "attest.kms", "the key service says: " + clean_text(problem));
  }
  const json::Value* found = answer->find(method);
  if (found == nullptr || found->as_object() == nullptr) return bad_answer("does not answer " + method);
  return *found;
}

// Go reads members without regard to case, and versions of the protocol differ in it.
[[nodiscard]] Result<Bytes> bytes_at(const json::Value& answer, std::string_view name,
                                     std::string_view old_name) {
  std::string_view text = answer.string_at(name);
  if (text.empty()) text = answer.string_at(old_name);
  auto bytes = from_base64(text);
  if (text.empty() || !bytes) return bad_answer("does not answer with " + std::string(name) + " in base64");
  return bytes;
}

}  // namespace

Result<std::unique_ptr<KmsSigner>> KmsSigner::open(KmsOptions options, ProcessRunner& runner) {
  const std::string name = SLUICE_TRY(name_of(options.plugin));
  if (!options.key.starts_with(name + "://")) {
    return fail(ErrorKind::usage, "attest.kms-plugin",
                "the key " + options.key + " is not one of the plugin " + name);
  }
  const json::Value answer =
      SLUICE_TRY(ask(options, runner, "publicKey",
                     json::Object{{"publicKeyOptions", json::Object{{"rpcOptions", json::Object{}}}}}, {}));
  const Bytes pem = SLUICE_TRY(bytes_at(answer, "publicKeyPEM", "PublicKeyPEM"));
  PublicKey key = SLUICE_TRY(PublicKey::from_pem(pem));
  return std::unique_ptr<KmsSigner>(new KmsSigner(std::move(options), runner, std::move(key)));
}

Result<Bytes> KmsSigner::sign(BytesView message) const {
  const json::Object options{
      {"signOptions", json::Object{{"rpcOptions", json::Object{}}, {"messageOptions", json::Object{}}}}};
  const json::Value answer = SLUICE_TRY(ask(options_, *runner_, "signMessage", options, message));
  Bytes signature = SLUICE_TRY(bytes_at(answer, "signature", "Signature"));
  if (!key_.verify(message, signature))
    return bad_answer("returned a signature that does not hold for its key");
  return signature;
}

}  // namespace sluice::attest
