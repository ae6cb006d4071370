/// The way from the first visit to the signature: marketing, partners and sales.
extension JourneyScript {
    /// Marketing wins a lead and keeps in touch.
    ///
    /// - Returns: whether the lead came to be qualified.
    mutating func attract() -> Bool {
        for _ in 0..<random.below(4) {
            note(.marketing(.pageViewed(page: UInt8(random.below(MarketingActivity.pages.count)))), after: .hours(7))
        }
        note(.marketing(.formSubmitted), after: .minutes(9))
        note(.marketing(.leadCreated), after: .minutes(1))
        for message in 1...random.number(in: 1...3) {
            sendMessage(UInt8(message))
        }
        guard random.chance(600) else { return false }
        note(.marketing(.leadScored(UInt8(random.number(in: 60...99)))), after: .days(2))
        return true
    }

    private mutating func sendMessage(_ number: UInt8) {
        note(.marketing(.emailEngaged(.delivered, message: number)), after: .days(2))
        guard random.chance(550) else { return }
        note(.marketing(.emailEngaged(.opened, message: number)), after: .hours(5))
        guard random.chance(350) else { return }
        note(.marketing(.emailEngaged(.clicked, message: number)), after: .minutes(2))
    }

    /// Marketing hands the lead to sales, which takes it, sends it back, or recycles it once.
    ///
    /// - Returns: whether it became an opportunity.
    mutating func qualify() -> Bool {
        for _ in 0..<2 {
            note(.marketing(.leadQualified(score: UInt8(random.number(in: 60...99)))), after: .hours(4))
            note(.sales(.leadAssigned), after: .hours(20) * friction.handoffFactor(region: profile.region))
            let verdict = random.below(1000)
            if verdict < 820 {
                note(.sales(.leadAccepted), after: .minutes(90))
                return develop()
            }
            guard verdict < 900 else {
                note(.sales(.leadRejected(reason: UInt8(random.below(SalesActivity.rejections.count)))), after: .hours(9))
                return false
            }
            note(.marketing(.leadRecycled), after: .hours(9))
            guard random.chance(500) else { return false }
            now += Wait.days(25).draw(&random)
        }
        return false
    }

    /// Sales speaks with the lead.
    private mutating func develop() -> Bool {
        for _ in 0..<random.number(in: 1...4) { touch(isOnLead: true) }
        guard random.chance(850), meet() else { return false }
        guard random.chance(800) else { return false }
        note(.sales(.leadConverted), after: .hours(6))
        return true
    }

    private mutating func touch(isOnLead: Bool) {
        let activity = SalesActivity.touchMade(
            random.pick(SalesActivity.Channel.allCases), isHuman: random.chance(850), isOnLead: isOnLead)
        note(.sales(activity), after: .hours(30))
    }

    /// - Returns: whether a meeting came about, at the first or the second attempt.
    private mutating func meet() -> Bool {
        for _ in 0..<2 {
            let hoursAhead = max(1, Wait.days(4).draw(&random) / 3600)
            note(.sales(.meetingBooked(hoursAhead: UInt16(hoursAhead))), after: .hours(4))
            now += hoursAhead * 3600
            let isHeld = random.chance(800)
            note(.sales(isHeld ? .meetingHeld : .meetingNoshow))
            if isHeld { return true }
        }
        return false
    }

    /// A partner brings a deal.
    ///
    /// - Returns: whether it was approved.
    mutating func registerDeal() -> Bool {
        note(.partner(.dealRegistered))
        let isApproved = random.chance(820)
        note(.partner(isApproved ? .dealApproved : .dealRejected), after: .days(3))
        return isApproved
    }

    /// Sales takes an opportunity through its stages.
    ///
    /// - Returns: whether it was won.
    mutating func sell() -> Bool {
        note(.sales(.opportunityCreated), after: .minutes(20))
        let isWon = random.chance(350)
        let last = isWon ? .negotiation : random.pick(DealStage.allCases)
        var stage = DealStage.discovery
        var quotes: UInt8 = 0
        for next in DealStage.allCases where next.rawValue > 0 && next.rawValue <= last.rawValue {
            for _ in 0..<random.number(in: 0...2) { touch(isOnLead: false) }
            note(.sales(.stageChanged(from: stage, to: next)), after: .days(6))
            stage = next
            if stage == .proposal { quotes = quote() }
            if random.chance(120) { note(.sales(.closeDateMoved(days: UInt8(random.number(in: 20...90)))), after: .days(3)) }
        }
        if stage == .negotiation, random.chance(150) { quotes = reconsider(after: quotes) }
        if quotes > 0 { note(.sales(isWon ? .quoteAccepted(quotes) : .quoteDeclined(quotes)), after: .days(7)) }
        let end = isWon ? SalesActivity.won : .lost(reason: UInt8(random.below(SalesActivity.losses.count)))
        note(.sales(end), after: isWon ? .hours(3) : .days(5))
        return isWon
    }

    /// Sales has its discount approved, where it needs one, and sends a quote.
    ///
    /// - Returns: the number of the last quote.
    private mutating func quote() -> UInt8 {
        if random.chance(400) {
            note(.sales(.approvalRequested), after: .hours(5))
            if random.chance(150) {
                note(.sales(.approvalDenied), after: .days(1))
                note(.sales(.approvalRequested), after: .days(1))
            }
            note(.sales(.approvalGranted), after: .days(1))
        }
        note(.sales(.quoteSent(1)), after: .days(1))
        return 1
    }

    /// The buyer wants another quote.
    private mutating func reconsider(after quotes: UInt8) -> UInt8 {
        note(.sales(.stageChanged(from: .negotiation, to: .proposal)), after: .days(4))
        note(.sales(.quoteSent(quotes + 1)), after: .days(2))
        note(.sales(.stageChanged(from: .proposal, to: .negotiation)), after: .days(4))
        return quotes + 1
    }
}
