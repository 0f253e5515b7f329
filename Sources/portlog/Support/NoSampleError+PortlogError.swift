import PortModel
import PortReports

extension NoSampleError: PortlogErrorConvertible {
    /// Status 66, with what the history has instead.
    var portlogError: PortlogError {
        switch self {
        case .empty:
            PortlogError(
                .noInput, "no answer", why: "the database has no sample yet",
                whatToDo: "Wait for the first one, or start 'portlog record'.")
        case .period(let since, let until, let history):
            PortlogError(
                .noInput, "no answer",
                // The end is the newest sample where none was asked for, and may lie before the beginning then.
                why: since > until
                    ? "there is no sample since \(since)" : "there is no sample from \(since) to \(until)",
                whatToDo: Self.advice(history))
        case .rolledUp(let moment, let kept):
            PortlogError(
                .noInput, "no answer", why: "the samples of \(moment) are no longer kept",
                whatToDo:
                    "Every sample is kept from \(kept.lowerBound) on. Of the time before there are minutes and hours: "
                    + "ask listeners --at, or time-wait, ephemeral, conflicts or who about a period.")
        case .moment(let moment, let history):
            PortlogError(
                .noInput, "no answer", why: "there is no sample at \(moment) or before",
                whatToDo: Self.advice(history))
        }
    }

    private static func advice(_ history: ClosedRange<Timestamp>) -> String {
        "The database goes from \(history.lowerBound) to \(history.upperBound)."
    }
}
