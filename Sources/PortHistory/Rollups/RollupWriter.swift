import GRDB
import PortModel

/// Keeps the rollups of a history up with its samples: told of every socket that comes, changes and goes, and written with the
/// sample, in its transaction.
///
/// Minutes are written with each sample; where a series stands (`series_now`), when its minute is over. An hour or a day is kept in
/// memory and written when it is over; what it has so far can be put together again from the minutes.
struct RollupWriter {
    /// When the newest sample was taken.
    struct Moment {
        var boot: String
        var bootClock: Int64
        var wall: Timestamp
    }

    /// Every series that is recorded.
    var book = SeriesBook()
    /// The minute, hour and day at hand, those that there are.
    var buckets: [RollupBucket] = []
    /// Milliseconds that the recorder has seen pass since the history began, however the clock was set.
    var clock: Int64 = 0
    /// The newest sample's; `nil` in an empty history.
    var newest: Moment?
    var namespaces: [Int16: NamespaceCounts] = [:]
    /// The indices of the series of each namespace, protocol and state.
    var stateIndices: [Int: Int] = [:]
    /// Namespaces that a sample found gone: what they counted comes to 0 with it, and ends with the next.
    var leaving: Set<Int> = []
    /// Intervals begun in the sample at hand.
    var opened = 0
    /// The destinations that the newest sample has changed.
    private(set) var moved: [Place: Move] = [:]

    /// A destination of a namespace.
    struct Place: Hashable {
        var namespace: Int16
        var destination: Destination
    }

    /// What a sample has done to a destination.
    struct Move {
        /// Ports used in the sample before, where that is another number now.
        var usedBefore: Int?
        /// Connections that came into TIME_WAIT.
        var entered = 0
    }

    // MARK: - A sample

    /// Begins a sample: time has passed, limits may have changed, namespaces be gone.
    mutating func begin(_ sample: SampleRecord, _ snapshots: [Snapshot], gone: [Int]) {
        leaving.subtract(snapshots.map(\.namespace))
        leaving = leaving.filter { !end($0) }.union(gone)
        let now = Moment(boot: sample.bootID, bootClock: sample.bootClock, wall: sample.takenAt)
        if let newest {
            // Within a boot the boot clock tells. Over a reboot there is only the wall clock, which may be anything until it is set.
            let passed =
                newest.boot == now.boot
                ? now.bootClock - newest.bootClock : min(now.wall - newest.wall, RollupLevel.day.milliseconds)
            clock += max(0, passed)
        }
        newest = now
        for snapshot in snapshots {
            let number = Int16(truncatingIfNeeded: snapshot.namespace)
            namespaces[number, default: NamespaceCounts(snapshot.namespace, snapshot.limits)].setLimits(snapshot.limits)
        }
    }

    /// Nothing of a namespace is counted any more. False while something has not come to 0 yet.
    private mutating func end(_ namespace: Int) -> Bool {
        let series = book.live.filter { book.meters[$0].subject.namespace == namespace }
        if series.contains(where: { book.meters[$0].level != 0 || book.meters[$0].isChanged }) { return false }
        for index in series { book.end(index) }
        namespaces[Int16(truncatingIfNeeded: namespace)] = nil
        stateIndices = stateIndices.filter { $0.key >> 8 != namespace }
        return true
    }

    /// A socket came, or is in another state.
    ///
    /// - Parameters:
    ///   - isNew: it was not there in any state in the sample before.
    ///   - isOwned: its holder names somebody.
    mutating func insert(
        _ socket: inout OpenSocket, slot: Int32, isNew: Bool, isOwned: Bool, bootClock: Int64
    ) {
        opened += 1
        let holder = isOwned ? socket.holder : 0
        addState(of: socket, 1)
        let isService = namespaces[socket.namespace]?.isService(socket.row) ?? false
        socket.isService = isService
        namespaces[socket.namespace]?.insert(
            socket, slot: slot, isNew: isNew, holder: holder, bootClock: bootClock,
            clock: clock, into: &book)
    }

    /// A socket is in another state, or gone.
    mutating func remove(_ socket: OpenSocket, isGone: Bool) {
        addState(of: socket, -1)
        namespaces[socket.namespace]?.remove(socket, isGone: isGone, clock: clock, from: &book)
    }

    /// Nothing that counts has changed, but an interval begins: another user, inode or owner.
    mutating func renew(_ socket: OpenSocket, isOwned: Bool) {
        opened += 1
        if isOwned { namespaces[socket.namespace]?.reown(socket, in: &book) }
    }

    private mutating func addState(of socket: OpenSocket, _ count: Int) {
        let row = socket.row
        let (opened, closed) = count > 0 ? (1, 0) : (0, 1)
        let key = Int(socket.namespace) << 8 | Int(row.state.rawValue) << 1 | (row.table.transport == .tcp ? 0 : 1)
        let index: Int
        if let known = stateIndices[key] {
            index = known
        } else {
            index = book.begin(
                SeriesSubject(
                    .state, namespace: Int(socket.namespace), transport: row.table.transport, state: row.state))
            stateIndices[key] = index
        }
        book.add(count, to: index, opened: opened, closed: closed)
        guard row.state == .timeWait else { return }
        let all = SeriesSubject(.state, namespace: SeriesSubject.allNamespaces, state: .timeWait)
        book.add(count, to: book.begin(all), opened: opened, closed: closed)
    }

    /// The sockets stand in other slots.
    mutating func move(_ slots: OpenSockets.Moves) {
        for number in namespaces.keys { namespaces[number]?.move(slots) }
    }

    /// Counts what there is, after ``insert(_:slot:isNew:isOwned:bootClock:)`` and ``remove(_:isGone:)``.
    mutating func settle(at bootClock: Int64, _ open: inout OpenSockets) {
        for number in namespaces.keys.sorted() {
            namespaces[number]?.settle(at: bootClock, &open, in: &book)
            if leaving.contains(Int(number)) { namespaces[number]?.leave(in: &book) }
        }
    }

    /// Ends a sample: writes what it has changed.
    ///
    /// - Parameter keep: says of a holder's number that it is needed as long as hours are.
    mutating func finish(
        _ sample: SampleRecord, _ open: inout OpenSockets, _ tables: RollupTables, keep: (Int32) throws -> Void
    ) throws {
        settle(at: sample.bootClock, &open)
        if buckets.contains(where: { $0.level == .hour && !$0.contains(sample.takenAt) }) { try endQuiet(tables) }
        for meter in book.ended { try tables.end(meter, buckets, sample: sample.number - 1) }
        try turn(to: sample, tables, keep)
        for bucket in buckets where bucket.samples.lowerBound == sample.number {
            for number in namespaces.keys { namespaces[number]?.begin(bucket.level) }
        }
        moved.removeAll(keepingCapacity: moved.count < 4096)
        for index in book.touched where book.meters[index].isChanged {
            note(book.meters[index])
            let isNew = book.meters[index].id == 0
            if isNew { try begin(index, sample.number, tables) }
            let counts = namespaces[Int16(truncatingIfNeeded: book.meters[index].subject.namespace)]
            book.meters[index].finish(
                sample.number, at: sample.takenAt, buckets, capacity: counts?.capacity ?? 0,
                capacityAtStart: { counts?.capacityAtStart($0) ?? 0 })
            if isNew { try tables.writeNow(book.meters[index]) }
            if let minute = buckets.first, let row = book.meters[index].row(.minute) {
                try tables.write(row, of: book.meters[index].id, in: minute)
            }
        }
        book.settle()
        if let minute = buckets.first { try tables.write(minute) }
    }

    /// Notes that a sample has changed a destination.
    private mutating func note(_ meter: SeriesMeter) {
        guard let destination = meter.subject.destination else { return }
        let place = Place(namespace: Int16(truncatingIfNeeded: meter.subject.namespace), destination: destination)
        switch meter.subject.kind {
        case .destinationUsed: moved[place, default: Move()].usedBefore = meter.level
        case .destinationTimeWait: moved[place, default: Move()].entered += meter.opened
        default: break
        }
    }

    /// Gives a series its number. One that was given up goes on in the buckets at hand.
    private mutating func begin(_ index: Int, _ sample: Int, _ tables: RollupTables) throws {
        let id = try tables.begin(book.meters[index].subject, sample: sample)
        book.meters[index].id = id
        for bucket in buckets { book.meters[index].restore(try tables.row(of: id, in: bucket), bucket.level) }
    }

    /// Goes on to the buckets of a sample, and writes the hour and the day that are over.
    private mutating func turn(
        to sample: SampleRecord, _ tables: RollupTables, _ keep: (Int32) throws -> Void
    ) throws {
        for level in RollupLevel.allCases {
            if let position = buckets.firstIndex(where: { $0.level == level }) {
                if buckets[position].contains(sample.takenAt) {
                    let samples = buckets[position].samples
                    buckets[position].samples = samples.lowerBound...sample.number
                    buckets[position].until = sample.takenAt
                    buckets[position].clock = clock
                    buckets[position].opened += opened
                    continue
                }
                try end(buckets.remove(at: position), tables, keep)
            }
            var bucket = RollupBucket(level, sample: sample.number, at: sample.takenAt, clock: clock)
            bucket.opened = opened
            buckets.append(bucket)
        }
        buckets.sort { $0.level < $1.level }
        opened = 0
    }

    /// Writes what is not written yet of a bucket that is over: of a minute, where its series stand now.
    private mutating func end(_ bucket: RollupBucket, _ tables: RollupTables, _ keep: (Int32) throws -> Void) throws {
        let changed = book.live.filter { book.meters[$0].row(bucket.level) != nil }
            .sorted { book.meters[$0].id < book.meters[$1].id }
        for index in changed {
            if bucket.level == .minute {
                try tables.writeNow(book.meters[index])
                if book.meters[index].holder > 0 { try keep(book.meters[index].holder) }
            } else if let row = book.meters[index].row(bucket.level) {
                try tables.write(row, of: book.meters[index].id, in: bucket)
            }
            book.meters[index].end(bucket.level)
        }
        if bucket.level != .minute { try tables.write(bucket) }
    }
}
