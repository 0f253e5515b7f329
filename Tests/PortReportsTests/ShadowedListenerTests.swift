import PortHistory
import PortModel
import Testing

@testable import PortReports

struct ShadowedListenerTests {
    @Test("a specific address takes from another program's wildcard", arguments: ["0.0.0.0", "[::]"])
    func specific(wildcard: String) throws {
        var story = ConflictStory()
        let web = story.program("web", pid: 1)
        let dev = story.program("dev", pid: 2)
        story.listener("\(wildcard):8080", web, 1...100)
        story.listener("127.0.0.1:8080", dev, 20...30)
        let found = try #require(story.findings(.shadowedListener).first)
        #expect(found.key.local == endpoint("127.0.0.1:8080"))
        #expect(found.severity == (wildcard == "[::]" ? .info : .warning), "with :: it may be IPV6_V6ONLY")
        #expect((found.first, found.last, found.occurrences) == (20, 30, 1))
        #expect(found.parties.map(\.newest.holder) == [dev, web])
        let beside = "dev (pid 2) listened on 127.0.0.1:8080 beside web (pid 1) on \(wildcard):8080"
        #expect(found.explanation.hasPrefix(beside))
        #expect(story.findings().count == 1)
    }

    @Test("several programs take it together")
    func several() throws {
        var story = ConflictStory()
        let web = story.program("web", pid: 1)
        story.listener("0.0.0.0:8080", web, 1...100)
        for (name, pid) in [("dev", Int32(2)), ("test", 3)] {
            let program = story.program(name, pid: pid)
            story.listener("127.0.0.1:8080", program, 1...100)
        }
        let said = try #require(story.findings(.shadowedListener).first).explanation
        #expect(
            said.contains(" (pid 3) listen on 127.0.0.1:8080") || said.contains(" (pid 2) listen on 127.0.0.1:8080"))
        #expect(said.contains("0.0.0.0:8080 and take the connections"), "\(said)")
    }

    @Test("a specific IPv6 address takes from an IPv6 wildcard for certain")
    func specificIPv6() throws {
        var story = ConflictStory()
        let web = story.program("web")
        let dev = story.program("dev")
        story.listener("[::]:8080", web, 1...100)
        story.listener("[::1]:8080", dev, 1...100)
        #expect(try #require(story.findings(.shadowedListener).first).severity == .warning)
    }

    @Test("IPv4's wildcard beside another program's IPv6 wildcard is an information while one user has both")
    func wildcards() throws {
        var story = ConflictStory()
        let four = story.program("four", uid: 7)
        let six = story.program("six", uid: 7)
        story.listener("0.0.0.0:8080", four, 1...100)
        story.listener("[::]:8080", six, 1...100)
        let found = try #require(story.findings(.shadowedListener).first)
        #expect(found.severity == .info)
        #expect(found.key.local == endpoint("0.0.0.0:8080"))
        #expect(found.explanation.contains("IPV6_V6ONLY"))
    }

    @Test("two users' IPv4 and IPv6 wildcards can only stand there with IPV6_V6ONLY, and are no conflict")
    func users() {
        var story = ConflictStory()
        let four = story.program("four", uid: 7)
        let six = story.program("six", uid: 8)
        story.listener("0.0.0.0:8080", four, 1...100)
        story.listener("[::]:8080", six, 1...100)
        story.listener("10.0.0.1:8081", four, 1...100)
        story.listener("[::]:8081", six, 1...100)
        #expect(story.findings().isEmpty)
    }

    @Test("one program on both wildcards or on its own addresses is ordinary")
    func ordinary() {
        var story = ConflictStory()
        let nginx = story.program("nginx")
        let other = story.program("other")
        story.listener("0.0.0.0:80", nginx, 1...100)
        story.listener("[::]:80", nginx, 1...100)
        story.listener("10.0.0.1:80", nginx, 1...100)
        story.listener("10.0.0.2:443", nginx, 1...100)
        story.listener("10.0.0.3:443", other, 1...100)
        #expect(story.findings().isEmpty)
    }

    @Test("IPv6 takes nothing from IPv4's wildcard, nor does one after the other, nor one whose owner nobody knows")
    func none() {
        var story = ConflictStory()
        let web = story.program("web")
        let dev = story.program("dev")
        let nobody = story.unknown(uid: 0)
        story.listener("0.0.0.0:8080", web, 1...100)
        story.listener("[::1]:8080", dev, 1...100)
        story.listener("0.0.0.0:8081", web, 1...10)
        story.listener("10.0.0.1:8081", dev, 11...100)
        story.listener("0.0.0.0:8082", web, 1...100)
        story.listener("10.0.0.1:8082", nobody, 1...100)
        #expect(story.findings().isEmpty)
    }

    @Test("a mapped specific address takes from IPv4's wildcard")
    func mapped() {
        var story = ConflictStory()
        let web = story.program("web")
        let dev = story.program("dev")
        story.listener("0.0.0.0:8080", web, 1...100)
        story.listener("10.0.0.1:8080", dev, 1...100, mapped: true)
        #expect(story.findings(.shadowedListener).map(\.severity) == [.warning])
    }
}
