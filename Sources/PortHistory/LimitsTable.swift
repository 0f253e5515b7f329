import GRDB
import PortModel

/// The tables `limits` and `limits_change`: which sysctls were in force from which sample on.
enum LimitsTable {
    private static let columns = [
        "range_first", "range_last", "reserved", "unprivileged_start", "tw_reuse", "tw_reuse_delay_ms",
        "max_tw_buckets",
        "timestamps", "fin_timeout_s", "autobind_reuse", "nonlocal_bind", "bindv6only", "kernel_release", "assumed",
    ]

    /// Notes that a namespace has these limits from a sample on.
    static func append(_ limits: PortLimits, namespace: Int, sample: Int, in database: Database) throws {
        let values: [any DatabaseValueConvertible] = [
            Int(limits.range.first), Int(limits.range.last), limits.reserved.list, limits.unprivilegedStart,
            limits.timeWaitReuse, limits.timeWaitReuseDelay, limits.maxTimeWait, limits.timestamps, limits.finTimeout,
            limits.autobindReuse, limits.nonlocalBind, limits.bindV6Only, limits.kernelRelease, limits.assumed,
        ]
        let marks = values.map { _ in "?" }.joined(separator: ", ")
        try database.execute(
            sql: "INSERT OR IGNORE INTO limits (\(columns.joined(separator: ", "))) VALUES (\(marks))",
            arguments: StatementArguments(values))
        let condition = columns.map { "\($0) = ?" }.joined(separator: " AND ")
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO limits_change (namespace, sample, limits)
                SELECT ?, ?, id FROM limits WHERE \(condition)
                """,
            arguments: StatementArguments([namespace, sample] + values))
    }

    /// What was in force at the first of the samples, one change a namespace, then what changed up to the last, by sample; of
    /// namespaces that there were in one of them.
    static func changes(in samples: ClosedRange<Int>, from database: Database) throws -> [LimitsChange] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT c.sample, c.namespace, l.* FROM limits_change c JOIN limits l ON l.id = c.limits
                WHERE c.sample <= :last AND c.sample >= ifnull(
                    (SELECT max(sample) FROM limits_change b WHERE b.namespace = c.namespace AND b.sample <= :first), 0)
                AND EXISTS (SELECT 1 FROM namespace_life n
                    WHERE n.namespace = c.namespace AND n.first <= :last AND (n.last = 0 OR n.last >= :first))
                ORDER BY c.sample, c.namespace
                """,
            arguments: ["first": samples.lowerBound, "last": samples.upperBound]
        ).map { row in
            try LimitsChange(sample: row.checked("sample"), namespace: row.checked("namespace"), limits: limits(row))
        }
    }

    private static func limits(_ row: Row) throws -> PortLimits {
        var limits = PortLimits()
        limits.range = PortRange(
            first: try UInt16(checked: row.checked("range_first")), last: try UInt16(checked: row.checked("range_last"))
        )
        limits.reserved = PortSet(list: try row.checked("reserved")) ?? PortSet()
        limits.unprivilegedStart = try row.checked("unprivileged_start")
        limits.timeWaitReuse = try row.checked("tw_reuse")
        limits.timeWaitReuseDelay = try row.checked("tw_reuse_delay_ms")
        limits.maxTimeWait = try row.checked("max_tw_buckets")
        limits.timestamps = try row.checked("timestamps")
        limits.finTimeout = try row.checked("fin_timeout_s")
        limits.autobindReuse = try row.checked("autobind_reuse")
        limits.nonlocalBind = try row.checked("nonlocal_bind")
        limits.bindV6Only = try row.checked("bindv6only")
        limits.kernelRelease = try row.checked("kernel_release")
        limits.assumed = try row.checked("assumed")
        return limits
    }
}
