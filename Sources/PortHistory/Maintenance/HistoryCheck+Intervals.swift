import GRDB

/// Samples, intervals, and the words that they refer to.
extension HistoryCheck {
    /// Samples have numbers without gaps, and belong to a boot.
    func checkSamples() throws {
        var previous = 0
        try walk("sample") { view, meter in
            let boots = try Int.fetchSet(view.database, sql: "SELECT id FROM boot")
            let statement = try HotStatement(
                view.database, "SELECT number, boot FROM sample WHERE number > ?1 AND number <= ?2 ORDER BY number")
            statement.bind(1, previous)
            statement.bind(2, newest)
            defer { statement.reset() }
            // Retention may have removed what comes next.
            previous = max(previous, (try view.oldestSample()?.number ?? 1) - 1)
            while try statement.next() {
                let number = statement.int(0)
                if number != previous + 1 { report("sample", "\(previous + 1) is missing") }
                if !boots.contains(statement.int(1)) {
                    report("sample", "\(number): boot \(statement.int(1)) is missing")
                }
                previous = number
                meter.look(isTaken: true)
                if meter.isFull { return true }
            }
            return false
        }
    }

    /// Closed intervals are no longer than the history, and have a flow and a holder. Those that are no longer kept may have lost
    /// them already.
    func checkIntervals(of table: IntervalTable) throws {
        var position: IntervalPosition?
        try walk(table.rawValue) { view, meter in
            let oldest = try view.oldestSample(of: table)
            let words = try Words(view)
            for cluster in try view.intervals.clusters(of: table) {
                if let position, position.cluster > cluster.upperBound { continue }
                let start = position ?? IntervalPosition(before: 0, of: cluster)
                let end = cluster.stored(first: newest)
                position = try view.intervals.scan(table, cluster, after: start, upTo: end) { row, first, last in
                    try attempt(table.rawValue) {
                        let interval = try IntervalRow(row, first: first, last: last, isOpen: false)
                        if last > view.newestNumber || first < 1 {
                            report(table.rawValue, "there is an interval from sample \(first) to \(last)")
                        } else if last >= oldest {
                            try words.check(interval)
                        }
                    }
                    meter.look(isTaken: true)
                    return meter.isFull
                }
                if position != nil { return true }
                position = IntervalPosition(behind: cluster)
            }
            return false
        }
    }

    /// Open intervals began with a sample that there is, and have a flow and a holder.
    func checkOpenIntervals() throws {
        var previous = 0
        try walk("open_interval") { view, meter in
            let words = try Words(view)
            let statement = try HotStatement(
                view.database,
                "SELECT \(IntervalRow.openColumns), first, id FROM open_interval WHERE id > ?1 ORDER BY id")
            statement.bind(1, previous)
            defer { statement.reset() }
            while try statement.next() {
                let first = statement.int(8)
                // They stand in the order in which they began.
                if first > newest, first <= view.newestNumber { return false }
                previous = statement.int(9)
                try attempt("open_interval") {
                    let row = try IntervalRow(statement, first: first, last: view.newestNumber, isOpen: true)
                    if first > view.newestNumber || first < 1 {
                        report("open_interval", "\(previous): its first sample is \(first)")
                    }
                    try words.check(row)
                }
                meter.look(isTaken: true)
                if meter.isFull { return true }
            }
            return false
        }
    }

    /// What else refers to words has them.
    func checkWords() throws {
        let references = [
            ("listened_port", "holder"), ("listened_port", "namespace"), ("series_now", "holder"),
            ("series_now", "series"), ("limits_change", "limits"), ("limits_change", "namespace"),
        ]
        for (table, column) in references {
            let missing = try read(table) { view in
                try Int.fetchAll(
                    view.database,
                    sql: """
                        SELECT DISTINCT \(column) FROM \(table)
                        WHERE \(column) <> 0 AND \(column) NOT IN (SELECT id FROM \(column)) LIMIT \(Self.most)
                        """)
            }
            for number in missing ?? [] { report(table, "\(column) \(number) is missing") }
        }
    }

    /// What intervals refer to, as one transaction sees it. What has been found is not looked up again.
    private struct Words {
        let view: HistoryView
        let namespaces: Set<Int>

        init(_ view: HistoryView) throws {
            self.view = view
            namespaces = try Int.fetchSet(view.database, sql: "SELECT id FROM namespace")
        }

        func check(_ row: IntervalRow) throws {
            let flow = try view.intervals.flows.flow(Int(row.flow))
            guard namespaces.contains(flow.namespace) else {
                throw DatabaseError(
                    resultCode: .SQLITE_CORRUPT, message: "namespace \(flow.namespace) of flow \(row.flow) is missing")
            }
            _ = try view.holder(Int(row.holder))
        }
    }
}
