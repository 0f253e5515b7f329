import PortHistory
import PortModel
import Testing

@testable import PortReports

@Suite struct OwnerTallyTests {
    private func holder(_ number: Int) -> Holder {
        if number == 0 { return Holder(uid: nil, ownership: .unknown) }
        let way: Attribution = number < 10 ? .observed : .inherited
        return Holder(
            uid: nil, ownership: Ownership(owners: [.running("a", pid: Int32(number))], attribution: way))
    }

    @Test func `the owners at the end count, the one with most sockets first`() {
        var tally = OwnerTally()
        tally.add(holder: 1, isAtEnd: true)
        tally.add(holder: 12, isAtEnd: true)
        tally.add(holder: 12, isAtEnd: true)
        tally.add(holder: 3, isAtEnd: false)
        tally.add(holder: 0, isAtEnd: true)
        let summary = tally.summary(holder)
        #expect(summary.owners.map(\.owner.pid) == [12, 1])
        #expect(summary.attribution == .inherited)
        #expect(summary.omitted == 0)
    }

    @Test func `without a known owner at the end those of the period count`() {
        var tally = OwnerTally()
        tally.add(holder: 0, isAtEnd: true)
        tally.add(holder: 3, isAtEnd: false)
        #expect(tally.summary(holder).owners.map(\.owner.pid) == [3])
        #expect(tally.summary(holder).attribution == .observed)
        #expect(OwnerTally().summary(holder) == OwnerTally.Summary())
    }

    @Test func `twenty are named and the others counted`() {
        var tally = OwnerTally()
        for number in 100..<145 { tally.add(holder: number, isAtEnd: true) }
        let summary = tally.summary(holder)
        #expect(summary.owners.map(\.owner.pid) == Array(100..<120))
        #expect(summary.omitted == 25)
    }

    @Test func `of two equally frequent ways of knowing the weaker is told`() {
        var tally = OwnerTally()
        tally.add(holder: 1, isAtEnd: true)
        tally.add(holder: 10, isAtEnd: true)
        #expect(tally.summary(holder).attribution == .inherited)
    }
}
