#include "supervisor/control/journal.hpp"

#include <utility>

namespace rs::control {

const Event& Journal::add(Event event) {
    if (events_.size() == kKept) events_.pop_front();
    return events_.emplace_back(std::move(event));
}

}  // namespace rs::control
