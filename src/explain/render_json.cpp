#include "explain/ignore.h"
#include "explain/peers.h"
#include "explain/render.h"

namespace sluice::explain {
namespace {

json::Array texts(const std::vector<std::string>& list) {
  json::Array out;
  for (const std::string& item : list) out.emplace_back(item);
  return out;
}

json::Array examples(const Page& page) {
  json::Array out;
  for (const PageExample& item : page.examples) {
    json::Array reports;
    for (const Report& report : item.reports) {
      reports.push_back(
          json::Object{{"line", static_cast<std::int64_t>(report.line)}, {"message", report.message}});
    }
    json::Object example{{"reported", item.bad},
                         {"about", item.example.prose},
                         {"language", item.example.language},
                         {"code", item.example.code},
                         {"reports", std::move(reports)}};
    if (item.example.fixed) example.set("fixed", *item.example.fixed);
    out.push_back(std::move(example));
  }
  return out;
}

json::Array peers(const Page& page) {
  json::Array out;
  for (const std::string& alias : page.info.aliases) {
    const PeerId peer = peer_id(alias);
    json::Object entry{{"alias", alias}, {"tool", peer.name}, {"id", peer.id}};
    if (!peer.url.empty()) entry.set("url", peer.url);
    out.push_back(std::move(entry));
  }
  return out;
}

json::Array fixes(const Page& page) {
  json::Array out;
  for (const PageFix& fix : page.fixes) {
    out.push_back(json::Object{{"tier", to_string(fix.tier)}, {"description", fix.description}});
  }
  return out;
}

json::Object ignoring(const Page& page) {
  json::Array comments;
  for (const IgnoreForm& form : ignore_comments(page)) {
    comments.push_back(json::Object{{"comment", form.text}, {"excuses", form.reach}});
  }
  return {{"comments", std::move(comments)}, {"config", ignore_config(page)}};
}

}  // namespace

json::Value to_json(const Page& page) {
  return json::Object{{"id", page.info.id},
                      {"title", page.info.title},
                      {"severity", to_string(page.info.severity)},
                      {"confidence", to_string(page.confidence)},
                      {"profile", page.by_default ? "default" : "all"},
                      {"group", page.group},
                      {"why", page.info.why},
                      {"help", page.info.help},
                      {"fixable", page.fixable},
                      {"fixes", fixes(page)},
                      {"cwe", texts(page.info.cwe)},
                      {"aliases", texts(page.info.aliases)},
                      {"peers", peers(page)},
                      {"references", texts(page.info.references)},
                      {"examples", examples(page)},
                      {"ignore", ignoring(page)}};
}

}  // namespace sluice::explain
