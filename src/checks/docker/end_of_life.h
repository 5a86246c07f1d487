// Releases of well-known base images with the day their security support ended.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "syntax/dockerfile/image_name.h"

namespace sluice::checks::docker {

// The table is only as new as this; its rows are of releases whose end was past or fixed on that day.
inline constexpr std::string_view k_end_of_life_data_date = "2025-06-30";

struct EndOfLife {
  std::string date;  // "2020-06-30"
};

// Only ends before k_end_of_life_data_date are given: there is no clock here, and results must not change
// with time.
[[nodiscard]] std::optional<EndOfLife> end_of_life(const syntax::dockerfile::ImageName& image);

}  // namespace sluice::checks::docker
