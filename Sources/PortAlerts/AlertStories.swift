import PortModel

/// The stories that alerts tell: each begins when a rule has found something wrong for long enough, becomes worse, and ends when
/// nothing has been wrong for long enough. What begins again soon after its end is the same story, and is asked for a longer rest.
struct AlertStories {
    /// What tells one story from another.
    struct Key: Hashable {
        var rule: AlertRule
        var subject: AlertSubject
    }

    private struct Story {
        /// The alert, once it has begun.
        var alert: Alert?
        /// Since when something is wrong that has not become an alert yet.
        var wrongSince: Int64?
        /// When that was last seen: a rule that finds nothing wrong any more need not say so.
        var wrongAt: Int64?
        /// Since when nothing is wrong with an alert that lasts.
        var restsSince: Int64?
        /// When it ended.
        var endedAt: Int64 = 0
        /// How long a rest it needs.
        var restNeeded: Int64
        /// It has not begun because too many last, which has been counted.
        var isSuppressed = false
        /// It is not in the history as it is.
        var isUnwritten = false
        /// The event that its next writing is followed by.
        var event: AlertEvent.Kind?
        /// An event that a silence keeps, which began when others had been told.
        var heldBack: AlertEvent.Kind?
        /// When it was written last.
        var writtenAt: Int64 = .min
        /// The figure that is told of.
        var toldValue = 0.0
        /// When that was last put into words.
        var toldAt: Int64 = .min
    }

    /// The most alerts of one rule that last at once; a warning that comes after is counted only.
    static let mostOfRule = 200
    /// The most that last at once at all, critical ones included.
    static let most = 5000
    /// What changes all the time is written so often, in milliseconds.
    private static let writingPause: Int64 = 10_000

    private var stories: [Key: Story] = [:]
    private var open: [AlertRule: Set<AlertSubject>] = [:]
    private var openCount = 0
    /// How many alerts have not begun because too many lasted.
    private(set) var suppressed = 0
    var configuration: AlertConfiguration

    init(_ configuration: AlertConfiguration, known: [Alert], at now: Moment) {
        self.configuration = configuration
        for alert in known.sorted(by: { $0.id < $1.id }) {
            let key = Key(rule: alert.rule, subject: alert.subject)
            var story = Story(restNeeded: rest(after: alert.times))
            story.alert = alert
            story.toldValue = alert.peak
            if let end = alert.resolvedAt {
                story.endedAt = now.boot - max(0, now.wall - end)
            }
            // Of two with one subject the newer one is told on.
            if stories[key]?.alert?.isOpen == true { setOpen(key, false) }
            stories[key] = story
            if alert.isOpen { setOpen(key, true) }
        }
    }

    private func rest(after times: Int) -> Int64 {
        min(
            max(AlertConfiguration.longestRest, configuration.resolveAfter),
            configuration.resolveAfter << Int64(min(10, max(0, times - 1))))
    }

    // MARK: - What is there

    /// The subjects of a rule's alerts that last.
    func openSubjects(_ rule: AlertRule) -> Set<AlertSubject> { open[rule] ?? [] }

    /// The alert that lasts on a subject.
    func openAlert(_ rule: AlertRule, _ subject: AlertSubject) -> Alert? {
        guard let alert = stories[Key(rule: rule, subject: subject)]?.alert, alert.isOpen else { return nil }
        return alert
    }

    /// How many last.
    var count: Int { openCount }

    private mutating func setOpen(_ key: Key, _ isOpen: Bool) {
        if isOpen {
            if open[key.rule, default: []].insert(key.subject).inserted { openCount += 1 }
        } else if open[key.rule]?.remove(key.subject) != nil {
            openCount -= 1
        }
    }

    // MARK: - What is seen

    /// Takes in what a rule says of a subject.
    mutating func observe(
        _ rule: AlertRule, _ subject: AlertSubject, _ observation: Observation, at now: Moment,
        _ tell: (AlertSeverity) -> Observation.Telling
    ) {
        let key = Key(rule: rule, subject: subject)
        guard var story = stories[key] else {
            guard observation.severity != nil else { return }
            stories[key] = Story(restNeeded: configuration.resolveAfter)
            observe(rule, subject, observation, at: now, tell)
            return
        }
        if let alert = story.alert, alert.isOpen {
            follow(&story, alert, observation, at: now, tell)
            if story.alert?.isOpen == false { setOpen(key, false) }
        } else if let severity = observation.severity {
            let since = story.wrongSince ?? now.boot
            story.wrongSince = since
            story.wrongAt = now.boot
            if severity == .critical || now.boot - since >= observation.hold {
                if hasRoom(rule, severity) {
                    begin(&story, key, severity, observation, at: now, tell)
                    setOpen(key, true)
                } else if !story.isSuppressed {
                    story.isSuppressed = true
                    suppressed += 1
                }
            }
        } else {
            (story.wrongSince, story.isSuppressed) = (nil, false)
            if story.alert == nil {
                stories[key] = nil
                return
            }
        }
        stories[key] = story
    }

    /// Whether another alert may begin: many of one rule keep no other from it, and nothing keeps one from it that is critical.
    private func hasRoom(_ rule: AlertRule, _ severity: AlertSeverity) -> Bool {
        openCount < Self.most && (severity == .critical || open[rule]?.count ?? 0 < Self.mostOfRule)
    }

    /// Ends everything that lasts, and forgets what was wrong.
    mutating func endAll(at now: Moment) {
        for (key, var story) in stories where story.alert?.isOpen == true {
            end(&story, at: now)
            stories[key] = story
        }
        open = [:]
        openCount = 0
        forget(at: now)
    }

    private mutating func begin(
        _ story: inout Story, _ key: Key, _ severity: AlertSeverity, _ observation: Observation, at now: Moment,
        _ tell: (AlertSeverity) -> Observation.Telling
    ) {
        let telling = tell(severity)
        (story.wrongSince, story.isSuppressed) = (nil, false)
        story.restsSince = nil
        story.toldAt = now.boot
        if var before = story.alert, now.boot - story.endedAt <= configuration.reopenWithin {
            before.resolvedAt = nil
            before.times += 1
            story.restNeeded = rest(after: before.times)
            story.alert = before
            update(&story, severity, observation, telling, at: now)
        } else {
            var alert = Alert(
                rule: key.rule, severity: severity, subject: key.subject, openedAt: now.wall, value: observation.value,
                owners: Array(telling.owners.prefix(Alert.mostOwners)), message: telling.message, advice: telling.advice
            )
            alert.exhaustedAt = observation.exhaustedAt
            story.toldValue = observation.value
            story.restNeeded = configuration.resolveAfter
            story.alert = alert
        }
        turn(&story, .opened, at: now)
    }

    private mutating func follow(
        _ story: inout Story, _ before: Alert, _ observation: Observation, at now: Moment,
        _ tell: (AlertSeverity) -> Observation.Telling
    ) {
        if let severity = observation.severity, severity > before.severity {
            update(&story, severity, observation, tell(severity), at: now)
            turn(&story, .worsened, at: now)
        } else {
            // Whose it is may be seen only later; and what is told is the worst of it, as often as that is written.
            let isDue = observation.severity != nil && now.boot >= story.toldAt &+ Self.writingPause
            let isUnknown = isDue && before.owners.isEmpty
            let isWorse =
                isDue && observation.value >= before.peak && observation.value > story.toldValue
                && observation.severity == before.severity
            let telling = isUnknown || isWorse ? observation.severity.map(tell) : nil
            if telling != nil { story.toldAt = now.boot }
            update(
                &story, before.severity, observation, isWorse || telling?.owners.isEmpty == false ? telling : nil,
                at: now)
        }
        let rests: Bool =
            switch observation.rest {
            case .isNow(let isNow): isNow
            case .belowPeak(let share): observation.value < (story.alert?.peak ?? 0) * share
            }
        guard observation.severity == nil, rests else {
            story.restsSince = nil
            unsilence(&story, at: now)
            return
        }
        let since = story.restsSince ?? now.boot
        story.restsSince = since
        if now.boot - since < story.restNeeded { return }
        end(&story, at: now)
    }

    private func end(_ story: inout Story, at now: Moment) {
        story.restsSince = nil
        story.alert?.resolvedAt = now.wall
        story.alert?.exhaustedAt = nil
        story.endedAt = now.boot
        turn(&story, .resolved, at: now)
    }

    private func update(
        _ story: inout Story, _ severity: AlertSeverity, _ observation: Observation, _ telling: Observation.Telling?,
        at now: Moment
    ) {
        guard var alert = story.alert else { return }
        if severity > alert.severity {
            alert.severity = severity
            alert.worsenedAt = now.wall
        }
        if observation.value > alert.peak { (alert.peak, alert.peakAt) = (observation.value, now.wall) }
        if let telling {
            story.toldValue = observation.value
            (alert.message, alert.advice) = (telling.message, telling.advice)
            if !telling.owners.isEmpty { alert.owners = Array(telling.owners.prefix(Alert.mostOwners)) }
        }
        alert.value = observation.value
        alert.exhaustedAt = observation.exhaustedAt
        if alert != story.alert { story.isUnwritten = true }
        story.alert = alert
    }

    private func turn(_ story: inout Story, _ kind: AlertEvent.Kind, at now: Moment) {
        guard let alert = story.alert else { return }
        story.isUnwritten = true
        story.writtenAt = .min
        let isSilenced = configuration.isSilenced(alert.rule, alert.subject, alert.owners, at: now.wall)
        switch kind {
        case .opened:
            story.alert?.isSilenced = isSilenced
            if isSilenced { return }
        // What nobody knows of has not begun for them yet.
        case .worsened where alert.isSilenced: return unsilence(&story, at: now)
        case .worsened where isSilenced:
            story.heldBack = .worsened
            return
        // Whoever was told that it began is told that it is over, also in a silence that came between.
        case .resolved where alert.isSilenced: return
        case .worsened, .resolved: break
        }
        // What has begun and become worse at once has begun.
        story.event = story.event == .opened && kind == .worsened ? .opened : kind
        story.heldBack = nil
    }

    /// A silence has ended while its alert lasts: now it is told.
    private func unsilence(_ story: inout Story, at now: Moment) {
        guard let alert = story.alert, let event = alert.isSilenced ? .opened : story.heldBack,
            !configuration.isSilenced(alert.rule, alert.subject, alert.owners, at: now.wall)
        else { return }
        story.alert?.isSilenced = false
        story.isUnwritten = true
        story.writtenAt = .min
        (story.event, story.heldBack) = (event, nil)
    }

    // MARK: - What is to be written and told

    /// Alerts that are to be written now, and the events that follow.
    func unwritten(at now: Moment) -> [(alert: Alert, event: AlertEvent.Kind?)] {
        stories.values.filter { $0.isUnwritten && now.boot >= $0.writtenAt &+ Self.writingPause }
            .compactMap { story in story.alert.map { ($0, story.event) } }
            .sorted { ($0.alert.openedAt, $0.alert.id) < ($1.alert.openedAt, $1.alert.id) }
    }

    /// Alerts have been written, with the numbers that they have now.
    mutating func wrote(_ alerts: [Alert], at now: Moment) {
        for alert in alerts {
            let key = Key(rule: alert.rule, subject: alert.subject)
            stories[key]?.alert?.id = alert.id
            stories[key]?.isUnwritten = false
            stories[key]?.writtenAt = now.boot
        }
    }

    /// The events of alerts have been told, whether they could be written or not.
    mutating func told(_ alerts: [Alert]) {
        for alert in alerts { stories[Key(rule: alert.rule, subject: alert.subject)]?.event = nil }
    }

    /// Forgets what ended long ago, and what was wrong without becoming an alert and is so no longer: it has to hold anew.
    mutating func forget(at now: Moment) {
        let past = stories.lazy.filter { $1.wrongSince != nil && $1.wrongAt != now.boot }.map(\.key)
        for key in Array(past) {
            stories[key]?.wrongSince = nil
            stories[key]?.isSuppressed = false
        }
        stories = stories.filter { _, story in
            guard let alert = story.alert else { return story.wrongSince != nil }
            return alert.isOpen || story.isUnwritten || now.boot - story.endedAt <= configuration.reopenWithin
        }
    }
}
