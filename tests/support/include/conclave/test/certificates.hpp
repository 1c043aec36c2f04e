#pragma once

#include <string>

#include "conclave/test/scratch_dir.hpp"

namespace conclave::test {

/// Authorities and certificates made by the openssl program in a scratch directory.
class Certificates {
 public:
  Certificates();

  /// Makes an authority called `name`.
  void make_authority(const std::string& name);
  /// Makes certificate and key `name`, signed by `authority`; `san` as openssl writes it: "IP:127.0.0.1,DNS:localhost".
  void make(const std::string& name, const std::string& authority, const std::string& common_name, const std::string& san);

  [[nodiscard]] std::string cert(const std::string& name) const { return path(name + ".pem"); }
  [[nodiscard]] std::string key(const std::string& name) const { return path(name + ".key"); }

 private:
  [[nodiscard]] std::string path(const std::string& file) const { return (dir_.path() / file).string(); }

  ScratchDir dir_;
};

}  // namespace conclave::test
