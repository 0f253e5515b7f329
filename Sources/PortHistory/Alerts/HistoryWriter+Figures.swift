import GRDB
import PortModel

/// What a sample shows of all that alerts are about.
extension HistoryWriter {
    /// The next figures tell everything there is, and not only what has changed: other rules may look at it.
    public func tellEverything() {
        isFirstFigures = true
        listenerBook.touchAll()
        closeWaits.touchAll()
    }

    /// Nobody takes the figures of the newest sample: what they have of ports and programs is let go. ``tellEverything()`` before
    /// the next ones are taken.
    public func skipFigures() {
        isFirstFigures = true
        _ = listenerBook.take()
        _ = closeWaits.take()
        strays.removeAll(keepingCapacity: true)
    }

    /// The figures of the newest sample, once it is written. What has changed is told once.
    ///
    /// - Parameters:
    ///   - sample: the sample as it was written.
    ///   - snapshots: those that it was made of.
    public func takeFigures(of sample: SampleRecord, _ snapshots: [Snapshot]) -> SampleFigures {
        destinationHolders = DestinationHolders()
        var figures = SampleFigures(sample: sample, namespaces: [])
        figures.namespaces.reserveCapacity(snapshots.count)
        for snapshot in snapshots {
            let number = Int16(truncatingIfNeeded: snapshot.namespace)
            guard let counts = rollups.namespaces[number] else { continue }
            figures.namespaces.append(
                .init(
                    number: snapshot.namespace, name: snapshot.namespaceName, limits: counts.limits,
                    capacity: counts.capacity, tcpPool: counts.pool(.tcp), udpPool: counts.pool(.udp),
                    timeWaits: rollups.timeWaits(of: snapshot.namespace)))
        }
        figures.isComplete = isFirstFigures
        let moved = isFirstFigures ? rollups.everyPlace : rollups.moved
        isFirstFigures = false
        figures.destinations.reserveCapacity(moved.count)
        for (place, move) in moved {
            if let towards = rollups.towards(place, move) { figures.destinations.append(towards) }
        }
        figures.listening = listenerBook.take()
        figures.strays = strays
        figures.closeWaits = closeWaits.take()
        strays.removeAll(keepingCapacity: true)
        return figures
    }
}

extension RollupWriter {
    /// How many sockets of a namespace are in TIME_WAIT.
    fileprivate func timeWaits(of namespace: Int) -> Int {
        let subject = SeriesSubject.timeWait(namespace: namespace)
        return book.index(of: subject).map { book.meters[$0].level } ?? 0
    }

    /// Every destination with a port in use, as if the sample had changed it.
    fileprivate var everyPlace: [Place: Move] {
        var places = moved
        for index in book.live {
            let meter = book.meters[index]
            guard meter.subject.kind == .destinationUsed, meter.level > 0, let destination = meter.subject.destination
            else { continue }
            let place = Place(namespace: Int16(truncatingIfNeeded: meter.subject.namespace), destination: destination)
            if places[place] == nil { places[place] = Move() }
        }
        return places
    }

    /// The figures of a destination that has changed; `nil` where its namespace is gone.
    fileprivate func towards(_ place: Place, _ move: Move) -> SampleFigures.Towards? {
        guard let counts = namespaces[place.namespace] else { return nil }
        let namespace = Int(place.namespace)
        let remote = Endpoint(place.destination.remote, place.destination.remotePort)
        func index(_ kind: SeriesKind) -> Int? {
            book.index(
                of: SeriesSubject(kind, namespace: namespace, localAddress: place.destination.local, remote: remote))
        }
        let level = index(.destinationUsed).map { book.meters[$0].level } ?? 0
        let timeWaits = index(.destinationTimeWait).map { book.meters[$0].level } ?? 0
        return .init(
            namespace: namespace, destination: place.destination,
            use: counts.use(of: place.destination, used: level, timeWaits: timeWaits),
            usedBefore: move.usedBefore ?? level, entered: move.entered)
    }
}

extension HistoryWriter: AlertWitness {
    /// Who a holder is; nobody where that is not known.
    public func ownership(of holder: Int) -> Ownership {
        if holder <= 0 { return .unknown }
        let known = try? queue.inDatabase { try HolderReader($0).holder(holder) }
        return known?.ownership ?? .unknown
    }

    /// How many of the ports towards a destination each holder has.
    public func holders(namespace: Int, towards destination: Destination) -> [Int: Int] {
        destinationHolders.counts(
            of: .init(namespace: Int16(truncatingIfNeeded: namespace), destination: destination), in: open)
    }

    /// The listeners that stand on a port now.
    public func listeners(
        namespace: Int, _ transport: TransportProtocol, on port: UInt16
    ) -> [SampleFigures.Listening.Listener] {
        listenerBook.listeners(
            on: .init(namespace: Int16(truncatingIfNeeded: namespace), transport: transport, number: port))
    }

    /// The outgoing TCP connections that stand on a port.
    public func outgoing(namespace: Int, on port: UInt16) -> [SampleFigures.Stray] {
        open.slots.lazy.filter { socket in
            socket.seen != 0 && socket.role == .outgoing && socket.row.local.port == port
                && socket.row.table.transport == .tcp && Int(socket.namespace) == namespace
        }.map { .init(namespace: namespace, row: $0.row, holder: Int($0.holder)) }
    }

    /// Whether a connection is still there, in whatever state.
    public func isOpen(_ row: SocketRow, namespace: Int) -> Bool {
        open.contains(row, Int16(truncatingIfNeeded: namespace))
    }
}
