import Testing

@testable import swift_ray

@Suite struct CgroupTests {
  private let unifiedMount = "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"

  @Test func takesTheLeastLimitOnTheWayUp() {
    let limits = CgroupLimits(reading: [
      "/proc/self/cgroup": "0::/user.slice/app.scope\n", "/proc/self/mountinfo": unifiedMount,
      "/sys/fs/cgroup/user.slice/app.scope/memory.max": "max\n", "/sys/fs/cgroup/user.slice/memory.max": "1073741824\n",
      "/sys/fs/cgroup/user.slice/app.scope/cpu.max": "150000 100000\n", "/sys/fs/cgroup/user.slice/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/user.slice/app.scope/pids.max": "99\n", "/sys/fs/cgroup/user.slice/pids.max": "100\n",
    ])
    #expect(limits == CgroupLimits(memory: 1 << 30, cores: 1.5, processes: 99))
  }

  @Test func readsTheFirstVersion() {
    let limits = CgroupLimits(reading: [
      "/proc/self/cgroup": "8:pids:/\n4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n0::/\n",
      "/proc/self/mountinfo": """
      35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
      32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
      38 31 0:35 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
      """,
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
      "/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us": "50000\n",
      "/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us": "100000\n", "/sys/fs/cgroup/pids/pids.max": "max\n",
    ])
    #expect(limits == CgroupLimits(memory: 512 << 20, cores: 0.5, processes: nil))
  }

  @Test func takesTheFirstVersionsLargestNumberAsNoLimit() {
    let limits = CgroupLimits(reading: [
      "/proc/self/cgroup": "4:memory:/\n",
      "/proc/self/mountinfo": "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    ])
    #expect(limits == CgroupLimits())
  }

  @Test(arguments: [
    ("/", "/a/b", ["/m/a/b", "/m/a", "/m"]), ("/a", "/a/b", ["/m/b", "/m"]), ("/other", "/a/b", ["/m"]), ("/", "/", ["/m"]),
    ("/", "/../x", ["/m/../x", "/m/..", "/m"]),
  ])
  func findsFoldersBelowAMount(root: String, path: String, folders: [String]) {
    let hierarchy = CgroupHierarchy(groups: "0::\(path)\n", mounts: "1 2 0:3 \(root) /m rw - cgroup2 none rw\n")
    #expect(hierarchy.unifiedFolders == folders)
  }

  @Test(arguments: ["", "nonsense", "0::", ":::", "1 2 3 - 4", "1 2 0:3 / /m rw -", "0::/a\n1:x"])
  func takesBrokenTextsAsNoLimit(text: String) {
    #expect(CgroupLimits(reading: ["/proc/self/cgroup": text, "/proc/self/mountinfo": text]) == CgroupLimits())
  }

  @Test(arguments: ["150000", "a b", "-5 100000", "100000 0", "1 2 3", ""])
  func takesBrokenQuotasAsNoLimit(quota: String) {
    let files = ["/proc/self/cgroup": "0::/", "/proc/self/mountinfo": unifiedMount, "/sys/fs/cgroup/cpu.max": quota]
    #expect(CgroupLimits(reading: files).cores == nil)
  }
}

extension CgroupLimits {
  fileprivate init(reading files: [String: String]) { self.init(reading: { files[$0] }) }
}
