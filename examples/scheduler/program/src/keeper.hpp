#pragma once

#include <string>
#include <vector>

namespace conclave::scheduler {

/// The keeper of one run: a small process between agent and command, so that neither the death of the agent nor its standstill
/// changes what becomes of the run. It starts the command in a session of its own with the limits of its spec, keeps the beginning
/// of its output and its end, and kills it, with everything it left behind,
/// - at the time in the fence file, at once;
/// - after the spec's timeout, at once;
/// - when it gets SIGTERM: asks the command first, and kills it two seconds later. What ends then has not succeeded, whatever it
/// says. What came of it stands in the run's directory when the keeper ends. Dies the keeper, the kernel kills the command.
///
/// `words`: the run's directory and the fence file. The exit code of the process.
int keep(const std::vector<std::string>& words);

}  // namespace conclave::scheduler
