import PortHistory
import PortModel
import Testing

@testable import PortReports

struct HeldByTimeWaitTests {
    @Test("accepted connections in TIME_WAIT hold the port of a listener that has gone")
    func lasting() throws {
        var story = ConflictStory()
        let web = story.program("web", pid: 5, unit: "web.service")
        story.listener("0.0.0.0:80", web, 1...10)
        for client in 1...3 {
            story.connection("10.0.0.1:80", "10.0.0.2:5000\(client)", .accepted, web, 8...100, state: .timeWait)
        }
        let held = try #require(story.findings(.heldByTimeWait).first)
        #expect((held.first, held.last, held.occurrences, held.severity) == (11, 100, 1, .warning))
        #expect(held.parties.map(\.newest.state) == [.timeWait, .timeWait, .timeWait, .listen])
        #expect(held.explanation.contains("web (pid 5, web.service) on 0.0.0.0:80"))
        #expect(held.explanation.contains("3 connections"))
        #expect(held.remedies.first?.contains("SO_REUSEADDR") == true)
        #expect(story.findings().count == 1, "nothing else is wrong")
    }

    @Test("each time without a listener is an occurrence, and what is over is an information")
    func occurrences() throws {
        var story = ConflictStory()
        let web = story.program("web")
        story.listener("10.0.0.1:80", web, 1...10)
        story.connection("10.0.0.1:80", "10.0.0.2:50001", .accepted, web, 8...15, state: .timeWait)
        story.listener("10.0.0.1:80", web, 20...30)
        story.connection("10.0.0.1:80", "10.0.0.2:50002", .accepted, web, 28...35, state: .timeWait)
        story.listener("10.0.0.1:80", web, 40...100)
        let held = try #require(story.findings(.heldByTimeWait).first)
        #expect((held.first, held.last, held.occurrences, held.severity) == (11, 35, 2, .info))
        #expect(held.explanation.contains("1 connection that"))
    }

    @Test("while the listener is there, its TIME_WAITs hold nothing")
    func listening() {
        var story = ConflictStory()
        let web = story.program("web")
        story.listener("0.0.0.0:80", web, 1...100)
        story.connection("10.0.0.1:80", "10.0.0.2:50001", .accepted, web, 8...50, state: .timeWait)
        #expect(story.findings().isEmpty)
    }

    @Test("a listener on another address of the port does not stand in, one on the wildcard does")
    func standIn() {
        var story = ConflictStory()
        let web = story.program("web")
        story.listener("10.0.0.1:80", web, 1...10)
        story.listener("10.0.0.2:80", web, 1...100)
        story.connection("10.0.0.1:80", "10.0.0.9:50001", .accepted, web, 8...15, state: .timeWait)
        #expect(story.findings(.heldByTimeWait).count == 1)
        story.listener("[::]:80", web, 11...100)
        #expect(story.findings(.heldByTimeWait).isEmpty)
    }

    @Test("neither live connections nor outgoing ones in TIME_WAIT count")
    func others() {
        var story = ConflictStory()
        let web = story.program("web")
        story.listener("10.0.0.1:80", web, 1...10)
        story.connection("10.0.0.1:80", "10.0.0.9:50001", .accepted, web, 8...15)
        story.connection("10.0.0.1:80", "10.0.0.9:50002", .accepted, web, 8...15, state: .finWait2)
        story.connection("10.0.0.1:80", "10.0.0.9:50003", .outgoing, web, 12...15, state: .timeWait)
        #expect(story.findings(.heldByTimeWait).isEmpty)
    }

    @Test("the TIME_WAITs of a dual-stack listener's IPv4 clients count, mapped or not")
    func mapped() throws {
        var story = ConflictStory()
        let web = story.program("web")
        story.listener("[::]:80", web, 1...10)
        story.connection("10.0.0.1:80", "10.0.0.9:50001", .accepted, web, 8...15, state: .timeWait, mapped: true)
        story.connection("[fd00::1]:80", "[fd00::2]:50001", .accepted, web, 8...15, state: .timeWait)
        let held = try #require(story.findings(.heldByTimeWait).first)
        #expect(held.parties.count == 3)
    }
}
