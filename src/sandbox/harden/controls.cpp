#include "sandbox/harden/controls.h"

#include "base/file.h"
#include "embedded/sandbox_control.h"
#include "image/image.h"
#include "image/write.h"

namespace sluice::sandbox::harden {
namespace {

constexpr std::string_view k_control_user = "65534:65534";
constexpr unsigned k_unshare = 1;
constexpr unsigned k_mount = 2;
constexpr unsigned k_connect = 4;
constexpr unsigned k_socket = 8;

Result<std::shared_ptr<PreparedImage>> control_image(Engine& engine) {
  const TempDirectory directory = SLUICE_TRY(TempDirectory::create());
  image::ImageSpec spec;
  spec.compression = image::Compression::none;
  image::LayerSpec layer;
  layer.files = {image::file_spec("control", std::string(embedded::sandbox_control().front().bytes), 0755)};
  spec.layers.push_back(std::move(layer));
  spec.config.entrypoint = std::vector<std::string>{"/control"};
  const std::string path = directory.path() + "/control";
  SLUICE_CHECK(image::write_layout(path, spec));
  return engine.prepare(SLUICE_TRY(image::Image::open(path)));
}

}  // namespace

Result<std::vector<HardeningControl>> run_controls(const CommandContext& context, bool socket) {
  const auto image = SLUICE_TRY(control_image(context.engine));
  CommandTest test;
  test.command = {"/control"};
  RunSpec spec = run_spec(test, context);
  spec.workdir = "/";
  spec.observe = ObserveMode::none;
  const bool named = !spec.user.empty() && (spec.user[0] < '0' || spec.user[0] > '9');
  if (named) spec.user = std::string(k_control_user);  // the control's image knows no names
  const RunResult result = SLUICE_TRY(run(context.engine, *image, spec));
  if (result.fault != StartFault::started || result.signal != 0 || result.timed_out) {
    return fail(ErrorKind::unsupported, "harden.control",
                "the negative control did not run: " +
                    (result.fault_message.empty() ? "ended by signal " + std::to_string(result.signal)
                                                  : result.fault_message));
  }
  const auto able = static_cast<unsigned>(result.exit_code);
  std::vector<HardeningControl> controls{{"mount", (able & k_mount) == 0},
                                         {"network", (able & k_connect) == 0},
                                         {"unshare", (able & k_unshare) == 0}};
  if (!socket) controls.insert(controls.begin() + 2, {"socket", (able & k_socket) == 0});
  return controls;
}

}  // namespace sluice::sandbox::harden
