import PortHistory
import PortModel
import Testing

@testable import PortReports

/// Listeners that follow one another: `ownership_change` and `flapping_listener`.
struct ListenerHistoryTests {
    @Test("another program on the address and port is a change of ownership")
    func change() throws {
        var story = ConflictStory()
        let apache = story.program("apache2", pid: 1)
        let nginx = story.program("nginx", pid: 2, unit: "nginx.service")
        story.listener("0.0.0.0:80", apache, 1...40)
        story.listener("0.0.0.0:80", nginx, 50...100)
        let found = try #require(story.findings(.ownershipChange).first)
        #expect((found.first, found.last, found.occurrences, found.severity) == (50, 50, 1, .warning))
        #expect(found.parties.map(\.newest.holder) == [nginx, apache])
        #expect(found.explanation.contains("After apache2 (pid 1) had stopped listening on 0.0.0.0:80"))
        #expect(found.remedies.last?.hasSuffix("systemctl stop nginx.service") == true)
        #expect(story.findings().count == 1)
    }

    @Test("a change within one interval between samples is one, and there and back again are two")
    func gapless() throws {
        var story = ConflictStory()
        let apache = story.program("apache2")
        let nginx = story.program("nginx")
        story.listener("0.0.0.0:80", apache, 1...40)
        story.listener("0.0.0.0:80", nginx, 41...60)
        story.listener("0.0.0.0:80", apache, 61...100)
        let found = try #require(story.findings(.ownershipChange).first)
        #expect((found.first, found.last, found.occurrences) == (41, 61, 2))
    }

    @Test("a restart of the same program is none, also with a replaced executable")
    func restart() {
        var story = ConflictStory()
        let old = story.program("nginx", pid: 1, path: "/usr/sbin/nginx (deleted)")
        let new = story.program("nginx", pid: 2, path: "/usr/sbin/nginx")
        story.listener("0.0.0.0:80", old, 1...40)
        story.listener("0.0.0.0:80", new, 50...100)
        #expect(story.findings().isEmpty)
    }

    @Test("listeners that stood there together, on other addresses or before the period change nothing")
    func none() {
        var story = ConflictStory(period: 50...100)
        let one = story.program("one")
        let two = story.program("two")
        story.listener("0.0.0.0:80", one, 1...60)
        story.listener("0.0.0.0:80", two, 55...100)
        story.listener("0.0.0.0:81", one, 1...60)
        story.listener("[::]:81", two, 61...100)
        story.listener("0.0.0.0:82", one, 1...20)
        story.listener("0.0.0.0:82", two, 30...100)
        #expect(story.findings(.ownershipChange).isEmpty)
    }

    @Test("the owner before the period is remembered")
    func beforeThePeriod() {
        var story = ConflictStory(period: 50...100)
        let one = story.program("one")
        let two = story.program("two")
        story.listener("0.0.0.0:80", one, 1...20)
        story.listener("0.0.0.0:80", two, 50...100)
        #expect(story.findings(.ownershipChange).count == 1)
    }

    @Test("an owner that is not known changes nothing, unless the user differs")
    func unknown() {
        var story = ConflictStory()
        let one = story.program("one", uid: 1)
        let nobody = story.unknown(uid: 1)
        let other = story.unknown(uid: 2)
        story.listener("0.0.0.0:80", one, 1...20)
        story.listener("0.0.0.0:80", nobody, 30...100)
        #expect(story.findings().isEmpty)
        story.listener("0.0.0.0:81", nobody, 1...20)
        story.listener("0.0.0.0:81", other, 30...100)
        #expect(story.findings(.ownershipChange).count == 1)
    }

    @Test("a socket that systemd holds for a service belongs to both")
    func activation() {
        var story = ConflictStory()
        let systemd = story.program("systemd", pid: 1)
        let service = story.program("cupsd", pid: 2)
        let both = story.together(systemd, service)
        story.listener("0.0.0.0:631", systemd, 1...10, inode: 7)
        story.listener("0.0.0.0:631", both, 11...20, inode: 7)
        story.listener("0.0.0.0:631", systemd, 30...100)
        #expect(story.findings().isEmpty)
    }

    @Test("a listener that went three times flaps")
    func flapping() throws {
        var story = ConflictStory()
        for (index, start) in [1, 20, 40, 60].enumerated() {
            let web = story.program("web", pid: Int32(index + 1), unit: "web.service")
            story.listener("0.0.0.0:80", web, start...(start + 10))
        }
        let found = try #require(story.findings(.flappingListener).first)
        #expect((found.first, found.last, found.occurrences, found.severity) == (12, 71, 4, .warning))
        #expect(found.explanation.contains("web (pid 4, web.service)"))
        #expect(found.remedies.first == "journalctl -u web.service")
        #expect(story.findings().count == 1, "a restart is no change of ownership")
    }

    @Test("a change of the socket without a sample in between is a going and a coming")
    func gaplessFlapping() throws {
        var story = ConflictStory()
        let web = story.program("web")
        for range in [1...10, 11...20, 21...30, 31...100] { story.listener("0.0.0.0:80", web, range) }
        #expect(try #require(story.findings(.flappingListener).first).occurrences == 3)
    }

    @Test("two times are too few, and so are three of which one was before the period")
    func tooFew() {
        var story = ConflictStory(period: 15...100)
        let web = story.program("web")
        for range in [1...10, 20...30, 40...50, 60...100] { story.listener("0.0.0.0:80", web, range) }
        #expect(story.findings(.flappingListener).isEmpty)
    }

    @Test("workers that take over from each other with one always there do not flap")
    func rolling() {
        var story = ConflictStory()
        let web = story.program("web")
        for start in stride(from: 1, to: 90, by: 10) { story.listener("0.0.0.0:80", web, start...(start + 10)) }
        #expect(story.findings().isEmpty)
    }

    @Test("a row that a dump skipped is no going: the inode is the same")
    func skippedRow() {
        var story = ConflictStory()
        let web = story.program("web")
        for range in [1...10, 12...20, 22...30, 32...100] { story.listener("0.0.0.0:80", web, range, inode: 9) }
        #expect(story.findings().isEmpty)
    }

    @Test("a reboot is not the listener's going")
    func reboot() {
        var story = ConflictStory()
        story.boots = [11, 21]
        let web = story.program("web")
        for range in [1...10, 11...20, 21...30, 31...40, 41...100] {
            story.listener("0.0.0.0:80", web, range, inode: 9)
        }
        #expect(story.findings().isEmpty)
        for range in [1...10, 11...20, 21...30, 31...40, 41...50, 51...60, 61...100] {
            story.listener("0.0.0.0:81", web, range)
        }
        #expect(story.findings(.flappingListener).map(\.occurrences) == [4])
    }
}
