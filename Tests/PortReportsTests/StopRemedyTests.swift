import PortHistory
import PortModel
import Testing

@testable import PortReports

/// Remedies that end a program: a pid is good for a command only while it is the one that was seen.
struct StopRemedyTests {
    private func remedies(_ kind: ConflictKind, isCurrent: Bool) throws -> [String] {
        var story = ConflictStory()
        story.isCurrent = isCurrent
        let alpha = story.program("alpha", pid: 11)
        let beta = story.program("beta", pid: 12, unit: "beta.service")
        switch kind {
        case .ownershipChange:
            story.listener("0.0.0.0:80", beta, 1...40)
            story.listener("0.0.0.0:80", alpha, 41...100)
        case .udpShared:
            story.datagram("0.0.0.0:53", alpha, 1...100)
            story.datagram("0.0.0.0:53", beta, 1...100)
        default:
            story.listener("0.0.0.0:80", alpha, 1...100)
            story.listener("0.0.0.0:80", beta, 1...100)
        }
        return try #require(story.findings(kind).first).remedies
    }

    @Test("up to the newest sample a remedy is a command", arguments: [ConflictKind.reuseportStrangers, .udpShared])
    func now(kind: ConflictKind) throws {
        let stop = try #require(remedies(kind, isCurrent: true).first)
        #expect(stop.hasPrefix("Stop the one that does not belong there: "))
        #expect(stop.contains("kill 11") && stop.contains("systemctl stop beta.service"))
    }

    @Test(
        "of a period that ended in the past it names the programs, without a command",
        arguments: [ConflictKind.reuseportStrangers, .udpShared, .ownershipChange])
    func past(kind: ConflictKind) throws {
        let remedies = try remedies(kind, isCurrent: false)
        #expect(!remedies.contains { $0.contains("kill") || $0.contains("systemctl stop") })
        let stop = try #require(remedies.first { $0.hasPrefix("Stop the one") })
        #expect(stop.hasPrefix("Stop the one that does not belong there, if it still runs: "))
        #expect(stop.contains("alpha (pid 11)"))
        #expect(stop.contains("beta (pid 12, beta.service)") == (kind != .ownershipChange))
    }

    @Test("a user's service and a container's are never taken for the host's of that name")
    func foreignUnits() throws {
        var story = ConflictStory()
        let user = story.program("sshd", pid: 11, uid: 1000, unit: "user@1000.service/ssh.service")
        let contained = story.program("nginx", pid: 12, unit: "ssh.service", container: "web")
        story.listener("0.0.0.0:80", user, 1...100)
        story.listener("0.0.0.0:80", contained, 1...100)
        let finding = try #require(story.findings(.reuseportStrangers).first)
        let stop =
            "Stop the one that does not belong there: kill 12, or systemctl --user --machine=1000@ stop ssh.service"
        #expect(finding.remedies.first == stop)
        #expect(finding.explanation.contains("sshd (pid 11, user@1000.service/ssh.service)"))
        #expect(finding.explanation.contains("nginx (pid 12, web/ssh.service)"))
    }

    @Test("another owner is looked into before it is killed")
    func ownership() throws {
        let remedies = try remedies(.ownershipChange, isCurrent: true)
        #expect(remedies.first?.hasPrefix("If that was not intended, find out who started alpha (pid 11)") == true)
        #expect(remedies.dropFirst() == ["Stop the one that does not belong there: kill 11"])
    }

    @Test("whether a period ends with the newest sample is the history's to say")
    func history() throws {
        let host = try RecordedHost()
        let alpha = PortOwner.running("alpha", pid: 11)
        let beta = PortOwner.running("beta", pid: 12)
        try host.record(
            10, [.listener("0.0.0.0:80", inode: 1, alpha), .listener("0.0.0.0:80", inode: 2, beta)])
        func remedies(until: Int) throws -> [String] {
            let query = ConflictsQuery(period: PeriodQuery(until: RecordedHost.time(until)))
            return try #require(host.ask { try ConflictsReport.make($0, query) }.conflicts.first).remedies
        }
        #expect(try remedies(until: 20).contains { $0.contains("kill 11") })
        #expect(try remedies(until: 10).contains { $0.contains("kill 11") })
        #expect(try !remedies(until: 9).contains { $0.contains("kill") })
    }
}
