import PortHistory
import PortModel
import Testing

@testable import PortReports

struct ReuseportStrangersTests {
    @Test("two programs that listen on one address and port at the same time are strangers")
    func strangers() throws {
        var story = ConflictStory()
        let alpha = story.program("alpha", pid: 1)
        let beta = story.program("beta", pid: 2, unit: "beta.service")
        story.listener("0.0.0.0:8080", alpha, 1...100)
        story.listener("0.0.0.0:8080", beta, 40...60)
        let found = try #require(story.findings(.reuseportStrangers).first)
        #expect((found.first, found.last, found.occurrences, found.severity) == (40, 60, 1, .warning))
        #expect(found.parties.map(\.newest.holder) == [alpha, beta])
        #expect(found.explanation.contains("alpha (pid 1) and beta (pid 2, beta.service) listened on 0.0.0.0:8080"))
        #expect(story.findings().count == 1)
    }

    @Test("workers of one program and user are no strangers, nor is one socket of several programs")
    func workers() {
        var story = ConflictStory()
        let one = story.program("worker", pid: 1)
        let two = story.program("worker", pid: 2)
        let other = story.program("helper", pid: 3)
        story.listener("0.0.0.0:8080", one, 1...100)
        story.listener("0.0.0.0:8080", two, 1...100)
        story.listener("0.0.0.0:8081", story.together(one, other), 1...100)
        #expect(story.findings(.reuseportStrangers).isEmpty)
    }

    @Test("the same program of two users is two strangers")
    func users() {
        var story = ConflictStory()
        let one = story.program("worker", pid: 1, uid: 1)
        let two = story.program("worker", pid: 2, uid: 2)
        story.listener("0.0.0.0:8080", one, 1...100)
        story.listener("0.0.0.0:8080", two, 1...100)
        #expect(story.findings(.reuseportStrangers).count == 1)
    }

    @Test("who is not known is no stranger, unless the user differs")
    func unknown() {
        var story = ConflictStory()
        let alpha = story.program("alpha", uid: 1)
        let nobody = story.unknown(uid: 1)
        story.listener("0.0.0.0:8080", alpha, 1...100)
        story.listener("0.0.0.0:8080", nobody, 1...100)
        #expect(story.findings(.reuseportStrangers).isEmpty)
        let other = story.unknown(uid: 2)
        story.listener("0.0.0.0:8080", other, 1...100)
        #expect(story.findings(.reuseportStrangers).count == 1)
    }

    @Test("a replaced executable is the same program, and so is a command whose path is not known")
    func samePath() {
        var story = ConflictStory()
        let old = story.program("web", pid: 1, path: "/usr/sbin/web (deleted)")
        let new = story.program("web", pid: 2, path: "/usr/sbin/web")
        let bare = story.program("web", pid: 3, path: .some(nil))
        for holder in [old, new, bare] { story.listener("0.0.0.0:8080", holder, 1...100) }
        #expect(story.findings(.reuseportStrangers).isEmpty)
        let other = story.program("ftp", pid: 4, path: .some(nil))
        story.listener("0.0.0.0:8080", other, 1...100)
        #expect(story.findings(.reuseportStrangers).count == 1)
    }

    @Test("listeners one after the other, on other addresses or of other protocols share nothing")
    func apart() {
        var story = ConflictStory()
        let alpha = story.program("alpha")
        let beta = story.program("beta")
        story.listener("0.0.0.0:8080", alpha, 1...10)
        story.listener("0.0.0.0:8080", beta, 11...100)
        story.listener("10.0.0.1:8081", alpha, 1...100)
        story.listener("10.0.0.2:8081", beta, 1...100)
        story.datagram("0.0.0.0:53", alpha, 1...100)
        story.listener("0.0.0.0:53", beta, 1...100)
        #expect(story.findings(.reuseportStrangers).isEmpty)
    }

    @Test("each time together is an occurrence")
    func occurrences() throws {
        var story = ConflictStory()
        let alpha = story.program("alpha")
        let beta = story.program("beta")
        story.listener("0.0.0.0:8080", alpha, 1...100)
        for start in [10, 30, 50] { story.listener("0.0.0.0:8080", beta, start...(start + 5)) }
        #expect(try #require(story.findings(.reuseportStrangers).first).occurrences == 3)
    }
}
