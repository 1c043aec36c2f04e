#include <algorithm>

#include "conclave/locksmith_core/duration_text.hpp"
#include "conclave/locksmith_report/render.hpp"
#include "conclave/locksmith_report/text.hpp"

namespace conclave::locksmith::report {
namespace {

std::string or_none(milliseconds span) { return span.count() == 0 ? "none" : duration_text(span); }

std::string windows_text(const std::vector<Window>& windows) {
  std::string text;
  for (const Window& window : windows) text += (text.empty() ? "" : "; ") + window_text(window);
  return text.empty() ? "none" : text;
}

}  // namespace

Settings settings_of(const Policy& policy) {
  Settings settings{{"slots", amount_text(policy.slots)},
                    {"spacing", duration_text(policy.spacing)},
                    {"zone", policy.zone},
                    {"windows", windows_text(policy.windows)},
                    {"order", std::string(name_of(policy.order))},
                    {"unhealthy_max", policy.unhealthy_max ? amount_text(*policy.unhealthy_max) : "none"},
                    {"deadline", or_none(policy.deadline)},
                    {"auto_release", policy.auto_release ? duration_text(policy.auto_release->after) : "none"}};
  if (policy.auto_release) settings.emplace_back("down_max", std::to_string(policy.auto_release->down_max));
  return settings;
}

std::string policy_text(const GroupView& group, const Look& look) {
  const Settings settings = settings_of(group.policy);
  std::size_t width = 0;
  for (const auto& [name, value] : settings) width = std::max(width, name.size());
  std::string out;
  for (const auto& [name, value] : settings)
    out += toned(name, Tone::faint, look) + std::string(width - name.size() + 2, ' ') + clean(value, look.unicode) + "\n";
  return out;
}

}  // namespace conclave::locksmith::report
