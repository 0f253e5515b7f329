import PortModel
import Testing

/// Units in commands: by the manager that they belong to, and never by a name that somebody else chose.
struct ServiceUnitTests {
    private func owner(_ unit: String?, container: String? = nil) -> PortOwner {
        PortOwner(
            pid: 5, startTicks: 1, startedAt: Timestamp(milliseconds: 0), command: "a", unit: unit, container: container
        )
    }

    @Test func `A service of the host is named by systemctl and journalctl`() throws {
        let unit = try #require(ServiceUnit(owner("postgresql@15-main.service")))
        #expect(unit.systemctl("stop") == "systemctl stop postgresql@15-main.service")
        #expect(unit.journalctl == "journalctl -u postgresql@15-main.service")
    }

    @Test func `A user's service is named to that user's manager`() throws {
        let unit = try #require(ServiceUnit(owner("user@1000.service/ssh.service")))
        #expect(unit.systemctl("stop") == "systemctl --user --machine=1000@ stop ssh.service")
        #expect(unit.journalctl == "journalctl _UID=1000 _SYSTEMD_USER_UNIT=ssh.service")
    }

    @Test func `Units inside a container are in no command`() {
        #expect(ServiceUnit(owner("ssh.service", container: "web")) == nil)
        #expect(ServiceUnit(owner("user@1000.service/ssh.service", container: "web")) == nil)
    }

    @Test(arguments: [
        nil, "session-3.scope", "user@1000.service", "user@1000.service/init.scope", "user@1000.service/user@0.service",
        "user@x.service/ssh.service", "web/ssh.service", "user@1.service/user@2.service/ssh.service", "-a.service",
        "user@1000.service/-a.service", "user@1000.service/a;b.service", "user@1000.service/", "/ssh.service",
        "user@-1.service/ssh.service", "user@4294967296.service/ssh.service", #"a\x2d.service"#,
    ])
    func `What is no service with a plain name is in no command`(unit: String?) {
        #expect(ServiceUnit(owner(unit)) == nil)
    }

    @Test func `Each service is named once`() {
        let owners = [owner("a.service"), owner("a.service", container: "web"), owner("b.scope"), owner("a.service")]
        #expect(ServiceUnit.all(of: owners).map(\.name) == ["a.service"])
    }
}
