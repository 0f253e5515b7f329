import PortHistory
import PortModel
import Testing

@testable import PortReports

struct SocketLifeTests {
    private func interval(
        _ state: SocketState, _ samples: ClosedRange<Int>, socketFirst: Int, inode: UInt64 = 0, holder: Int = 1
    ) -> SocketInterval {
        SocketInterval(
            table: .tcp, state: state, local: endpoint("10.0.0.1:80"),
            remote: state == .listen ? endpoint("0.0.0.0:0") : endpoint("10.0.0.2:5000"), inode: inode, holder: holder,
            first: samples.lowerBound, last: samples.upperBound, socketFirst: socketFirst)
    }

    @Test("the states of a connection are one life, in whatever order they come")
    func states() throws {
        let intervals = [
            interval(.synReceived, 1...1, socketFirst: 1, holder: 0),
            interval(.established, 2...9, socketFirst: 1, inode: 7, holder: 1),
            interval(.finWait2, 10...10, socketFirst: 1, holder: 2),
            interval(.timeWait, 11...16, socketFirst: 1, holder: 2),
        ]
        for order in [intervals, intervals.reversed(), [intervals[2], intervals[0], intervals[3], intervals[1]]] {
            let lives = SocketLives(order).lives
            let life = try #require(lives.first)
            #expect(lives.count == 1)
            #expect(life.samples == 1...16)
            #expect(life.newest.state == .timeWait)
            #expect(life.holders.first == 2 && Set(life.holders) == [0, 1, 2] && life.holders.count == 3)
        }
    }

    @Test("the same four-tuple at another time is another socket")
    func again() {
        let lives = SocketLives([
            interval(.established, 1...5, socketFirst: 1), interval(.established, 6...9, socketFirst: 6),
        ]).lives
        #expect(lives.map(\.samples) == [1...5, 6...9])
    }

    @Test("listeners that began together are told apart by their inodes")
    func inodes() {
        let lives = SocketLives([
            interval(.listen, 1...5, socketFirst: 1, inode: 1), interval(.listen, 1...9, socketFirst: 1, inode: 2),
            interval(.listen, 6...7, socketFirst: 1, inode: 1, holder: 5),
        ]).lives
        #expect(lives.map(\.samples) == [1...7, 1...9])
        #expect(lives.first?.holders == [5, 1])
    }

    @Test("a listener whose holder changes in every sample has each of them once, the newest first")
    func manyHolders() throws {
        // Every holder comes back later: joining must not look through all that came before, or this does not end.
        let distinct = 5_000
        let intervals = (1...(2 * distinct)).map { sample in
            interval(.listen, sample...sample, socketFirst: 1, inode: 7, holder: sample % distinct)
        }
        for order in [intervals, intervals.reversed()] {
            let lives = SocketLives(order).lives
            let holders = try #require(lives.first).holders
            #expect(lives.count == 1)
            #expect(holders.count == distinct && Set(holders).count == distinct && holders.first == 0)
        }
    }

    @Test("the holders backwards stand in the order in which each was seen last, in whatever order they came")
    func backwards() {
        let intervals = [(1, 1), (2, 2), (3, 1), (4, 3), (5, 0)].map { sample, holder in
            interval(.listen, sample...sample, socketFirst: 1, inode: 7, holder: holder)
        }
        for order in [intervals, intervals.reversed(), [3, 0, 4, 2, 1].map { intervals[$0] }] {
            #expect(SocketLives(order).lives.map(\.holdersBackwards) == [[0, 3, 1, 2]])
        }
    }

    @Test("the holders of two parts of a life are joined, in either order")
    func parts() {
        func life(_ samples: [(sample: Int, holder: Int)]) -> SocketLife {
            var lives = SocketLives()
            for (sample, holder) in samples {
                lives.insert(interval(.listen, sample...sample, socketFirst: 1, inode: 7, holder: holder))
            }
            return lives.lives[0]
        }
        var early = life([(1, 1), (2, 2), (3, 1)])
        var late = life([(4, 2), (5, 3)])
        let before = early
        early.join(late)
        late.join(before)
        #expect(early.holders == [3, 1, 2])
        #expect(late.holders == [3, 1, 2])
        #expect(early.samples == 1...5 && late.samples == 1...5)
    }

    @Test("the order of a list is by table, port, address, peer and inode")
    func order() {
        let sockets = [
            interval(.listen, 1...1, socketFirst: 1, inode: 2), interval(.established, 1...1, socketFirst: 1),
            interval(.listen, 1...1, socketFirst: 1, inode: 1),
        ]
        let sorted = sockets.sorted { $0.isOrdered(before: $1) }
        #expect(sorted.map(\.inode) == [1, 2, 0])
        for a in sockets { for b in sockets { #expect(!(a.isOrdered(before: b) && b.isOrdered(before: a))) } }
    }
}
