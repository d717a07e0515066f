#include "private-descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstdlib>

namespace lunetta {

namespace {

std::set<int> OpenDescriptors() {
  std::set<int> open;
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return open;
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] != '.') open.insert(atoi(entry->d_name));
  }
  open.erase(dirfd(folder));
  closedir(folder);
  return open;
}

}  // namespace

PrivateDescriptors::PrivateDescriptors() : before_(OpenDescriptors()) {}

PrivateDescriptors::~PrivateDescriptors() {
  for (int fd : OpenDescriptors()) {
    if (before_.count(fd) == 0) fcntl(fd, F_SETFD, fcntl(fd, F_GETFD) | FD_CLOEXEC);
  }
}

Sockets OpenSockets(int family) {
  Sockets sockets;
  for (int fd : OpenDescriptors()) {
    int domain = 0;
    socklen_t length = sizeof domain;
    struct stat status;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 || domain != family) continue;
    if (fstat(fd, &status) == 0) sockets[fd] = status.st_ino;
  }
  return sockets;
}

}  // namespace lunetta
