#include "conclave/test/certificates.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace conclave::test {
namespace {

void run(const std::string& command) {
  if (std::system((command + " >/dev/null 2>&1").c_str()) != 0) throw std::runtime_error("failed: " + command);
}

const std::string new_key = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

}  // namespace

Certificates::Certificates() { make_authority("ca"); }

void Certificates::make_authority(const std::string& name) {
  run(new_key + " -x509 -days 2 -subj /CN=" + name + " -keyout " + key(name) + " -out " + cert(name));
}

void Certificates::make(const std::string& name, const std::string& authority, const std::string& common_name,
                        const std::string& san) {
  const std::string extensions = path(name + ".ext");
  std::ofstream(extensions) << "subjectAltName=" << san << "\n";
  run(new_key + " -subj /CN=" + common_name + " -keyout " + key(name) + " -out " + path(name + ".csr"));
  run("openssl x509 -req -days 2 -in " + path(name + ".csr") + " -CA " + cert(authority) + " -CAkey " + key(authority) +
      " -CAcreateserial -extfile " + extensions + " -out " + cert(name));
}

}  // namespace conclave::test
