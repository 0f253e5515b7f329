import ProcFS
import Testing

@Suite struct ProcCgroupTests {
    static let id = String(repeating: "0123456789abcdef", count: 4)
    static let pod = "7e2b1f0a_4c1d_4d1a_9f7e_0123456789ab"

    /// The path of version 2, the unit, the container.
    static let paths: [(String, String?, String?)] = [
        ("/", nil, nil),
        ("/init.scope", "init.scope", nil),
        ("/system.slice/nginx.service", "nginx.service", nil),
        ("/system.slice/system-postgresql.slice/postgresql@15-main.service", "postgresql@15-main.service", nil),
        (#"/system.slice/system-foo\x2dbar.slice/foo\x2dbar@a.service"#, #"foo\x2dbar@a.service"#, nil),
        ("/system.slice/cups.socket", "cups.socket", nil),
        ("/system.slice/run-rpc_pipefs.mount", "run-rpc_pipefs.mount", nil),
        ("/system.slice", nil, nil),
        ("/system.slice/_cpu.service", "cpu.service", nil),
        ("/system.slice/nginx.service (deleted)", "nginx.service", nil),
        ("/system.slice/foo.service/worker/3", "foo.service", nil),
        ("/system.slice/a:b.service", "a:b.service", nil),
        ("/system.slice/two words.service", nil, nil),
        ("/system.slice/.service", nil, nil),
        ("/user.slice/user-1000.slice/session-3.scope", "session-3.scope", nil),
        ("/user.slice/user-1000.slice/user@1000.service/init.scope", "user@1000.service/init.scope", nil),
        (
            #"/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal.slice/vte-spawn-1.scope"#,
            "user@1000.service/vte-spawn-1.scope", nil
        ),
        (
            "/user.slice/user-1000.slice/user@1000.service/app.slice/dev.service", "user@1000.service/dev.service", nil
        ),
        // What a user or a service names below its own is not the host's.
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/ssh.service", "user@1000.service/ssh.service", nil),
        (
            "/user.slice/user-1000.slice/user@1000.service/app.slice/a.service/user@0.service/ssh.service",
            "user@1000.service/a.service", nil
        ),
        ("/user.slice/user-1000.slice/user@1000.service/ssh.mine", "user@1000.service", nil),
        ("/user.slice/user-1000.slice/session-3.scope/ssh.service", "session-3.scope", nil),
        ("/system.slice/user@x.service/ssh.service", "user@x.service", nil),
        ("/system.slice/foo.service/system.slice/ssh.service", "foo.service", nil),
        // docker: systemd driver, cgroupfs driver, a parent of its own, in a pod, one inside another.
        ("/system.slice/docker-\(id).scope", "docker-\(id).scope", id),
        ("/docker/\(id)", nil, id),
        ("/actions_job/\(id)", nil, id),
        ("/system.slice/docker.service", "docker.service", nil),
        ("/docker/\(String(repeating: "f", count: 64))/docker/\(id)", nil, id),
        ("/system.slice/docker-\(id).scope/system.slice/sshd.service", "sshd.service", id),
        (
            "/system.slice/docker-\(id).scope/user.slice/user-5.slice/user@5.service/app.slice/a.service",
            "user@5.service/a.service", id
        ),
        ("/lxc.payload.web-1/system.slice/docker-\(id).scope/app", "docker-\(id).scope", id),
        ("/docker/buildx", nil, nil),
        // podman: root, rootless, in a pod, with cgroupfs, and conmon beside it.
        ("/machine.slice/libpod-\(id).scope/container", "libpod-\(id).scope", id),
        ("/machine.slice/libpod-conmon-\(id).scope", "libpod-conmon-\(id).scope", nil),
        (
            "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-\(id).scope/container",
            "user@1000.service/libpod-\(id).scope", id
        ),
        (
            "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-\(id).scope/system.slice/sshd.service",
            "sshd.service", id
        ),
        ("/machine.slice/machine-libpod_pod_\(id).slice/libpod-\(id).scope", "libpod-\(id).scope", id),
        ("/libpod_parent/libpod-\(id)", nil, id),
        ("/system.slice/web.service/libpod-payload-\(id)", "web.service", id),
        // Kubernetes: containerd and CRI-O with systemd, cgroupfs, and containerd's old form with colons.
        (
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(pod).slice/cri-containerd-\(id).scope",
            "cri-containerd-\(id).scope", id
        ),
        ("/kubepods.slice/kubepods-pod\(pod).slice/crio-\(id).scope/container", "crio-\(id).scope", id),
        ("/kubepods.slice/kubepods-pod\(pod).slice/crio-conmon-\(id).scope", "crio-conmon-\(id).scope", nil),
        ("/kubepods/besteffort/pod7e2b1f0a-4c1d-4d1a-9f7e-0123456789ab/\(id)", nil, id),
        (
            "/system.slice/containerd.service/kubepods-besteffort-pod\(pod).slice:cri-containerd:\(id)",
            "containerd.service", id
        ),
        ("/kubepods.slice/kubepods-burstable.slice", nil, nil),
        // LXC, LXD, Proxmox.
        ("/lxc/web-1", nil, "web-1"),
        ("/lxc/101/ns/system.slice/postfix.service", "postfix.service", "101"),
        ("/lxc.payload.web-1/system.slice/nginx.service", "nginx.service", "web-1"),
        ("/lxc.payload/web-1/init.scope", "init.scope", "web-1"),
        ("/lxc.monitor.web-1", nil, nil),
        ("/lxc.monitor/web-1", nil, nil),
        ("/system.slice/lxcfs.service", "lxcfs.service", nil),
        // systemd-nspawn and what else registers with machined.
        ("/machine.slice/machine-web.scope/payload/init.scope", "init.scope", "web"),
        (#"/machine.slice/machine-my\x2dweb.scope/payload/system.slice/a.service"#, "a.service", "my-web"),
        ("/machine.slice/machine-web.scope/supervisor", "machine-web.scope", nil),
        ("/machine.slice/systemd-nspawn@web.service/payload/system.slice/a.service", "a.service", "web"),
        ("/machine.slice/systemd-nspawn@web.service/supervisor", "systemd-nspawn@web.service", nil),
        (
            #"/machine.slice/machine-qemu\x2d1\x2ddebian.scope/libvirt/emulator"#,
            #"machine-qemu\x2d1\x2ddebian.scope"#, nil
        ),
        // Near misses.
        ("/docker/\(id.dropLast())", nil, nil),
        ("/docker/\(id)0", nil, nil),
        ("/docker/\(id.uppercased())", nil, nil),
        ("/../../system.slice/nginx.service", "nginx.service", nil),
    ]

    @Test(arguments: paths)
    func `The unit and the container are found in a path`(path: String, unit: String?, container: String?) {
        let cgroup = ProcCgroup(parsing: Array("0::\(path)\n".utf8))
        #expect(cgroup.unit == unit)
        #expect(cgroup.container == container)
    }

    @Test func `On a host with version 1 the unit is in systemd's hierarchy, wherever its line stands`() {
        let text = """
            12:pids:/user.slice/user-0.slice/session-1.scope
            3:cpu,cpuacct:/
            1:name=systemd:/system.slice/ssh.service
            """
        #expect(ProcCgroup(parsing: Array(text.utf8)).unit == "ssh.service")
    }

    @Test func `On a hybrid host version 2 is asked after systemd's hierarchy`() {
        let text = "2:memory:/a.service\n1:name=systemd:/\n0::/system.slice/cron.service\n"
        #expect(ProcCgroup(parsing: Array(text.utf8)).unit == "cron.service")
    }

    @Test func `A container that stands in a controller's hierarchy only is found`() {
        let text = "4:memory:/docker/\(Self.id)\n1:name=systemd:/system.slice/docker.service\n0::/\n"
        let cgroup = ProcCgroup(parsing: Array(text.utf8))
        #expect(cgroup.unit == "docker.service")
        #expect(cgroup.container == Self.id)
    }

    @Test(arguments: ["", "\n", "0", "0:", "0::", "0::x.service", "::", "\u{0}::/\u{0}", "0::////", "nonsense\n\n"])
    func `Lines of another form say nothing`(text: String) {
        let cgroup = ProcCgroup(parsing: Array(text.utf8))
        #expect(cgroup.unit == nil)
        #expect(cgroup.container == nil)
    }

    @Test func `Bytes that are no UTF-8 do not end the reading`() {
        let cgroup = ProcCgroup(parsing: [0xff, 0x0a] + Array("0::/lxc/w".utf8) + [0xff, 0x0a])
        #expect(cgroup.container == "w\u{fffd}")
    }
}
