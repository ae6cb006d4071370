/// The way from the signature on: finance, customer success, support and the partner's commission.
extension JourneyScript {
    /// Customer success takes the customer over and brings it to its first value.
    mutating func onboard() {
        note(.success(.handoffAccepted), after: .days(2))
        note(.success(.kickoffHeld), after: .days(5))
        note(.success(.milestoneReached(.configured)), after: .days(8))
        note(.success(.milestoneReached(.firstValue)), after: .days(12))
        guard random.chance(700) else { return }
        note(.success(.milestoneReached(.adopted)), after: .days(40))
    }

    /// Finance takes the order, and term follows term until a renewal is lost.
    mutating func subscribe() {
        note(.finance(.contractSigned), after: .days(2))
        if profile.isPartnerSourced { aside { $0.note(.partner(.commissionEarned), after: .days(14)) } }
        note(.finance(.orderPlaced), after: .hours(5))
        aside { $0.note(.finance(.orderFulfilled), after: .days(2)) }
        note(.finance(.subscriptionStarted), after: .days(1))
        var invoices: UInt8 = 0
        var tickets: UInt8 = 0
        while now < horizon {
            for month in 0..<profile.termMonths where now < horizon {
                if month % JourneyScript.monthsPerInvoice == 0 {
                    invoices += 1
                    aside { $0.bill(invoices) }
                }
                for _ in 0..<random.pick([0, 0, 0, 0, 1, 1, 2]) {
                    tickets += 1
                    aside { $0.solve(ticket: tickets) }
                }
                if month == profile.termMonths - 1 { aside { $0.note(.success(.renewalOpened)) } }
                now += JourneyScript.daysPerMonth * 86_400
                use(month: month)
            }
            guard renew() else { return }
        }
    }

    /// What is seen of a month's use at its end.
    private mutating func use(month: Int) {
        note(.success(.usageRecorded(activeUsers: UInt8(random.number(in: 1...200)))))
        guard month % 3 == 2 else { return }
        note(.success(.healthScored(UInt8(random.number(in: 20...100)))))
        if random.chance(300) { note(.success(.surveyAnswered(promoterScore: UInt8(random.below(11))))) }
    }

    /// - Returns: whether the customer stays for another term.
    private mutating func renew() -> Bool {
        let stays = random.chance(820)
        note(.success(stays ? .renewalWon : .renewalLost))
        guard !stays else { return true }
        note(.success(.churnNoticed), after: .hours(3))
        note(.finance(.subscriptionEnded), after: .hours(3))
        return false
    }

    /// Finance issues an invoice, sometimes twice, and is paid for it, sometimes at the second attempt.
    private mutating func bill(_ invoice: UInt8) {
        note(.finance(.invoiceIssued(invoice)), after: .hours(6))
        let isReissue = random.chance(friction.reissues(product: profile.product))
        var detour = random.fork()
        if isReissue {
            now += Wait.days(6).draw(&detour)
            note(.finance(.invoiceReissued(invoice)))
        }
        now += Wait.days(21).draw(&random)
        if random.chance(80) {
            note(.finance(.paymentFailed(invoice, attempt: 1, isReissue: isReissue)))
            now += Wait.days(4).draw(&random)
        }
        note(.finance(.invoicePaid(invoice, isReissue: isReissue)))
    }

    /// A customer asks for help some time in the month, and gets it.
    private mutating func solve(ticket: UInt8) {
        now += random.below(JourneyScript.daysPerMonth * 86_400)
        note(.support(.opened(ticket: ticket, priority: UInt8(random.below(SupportActivity.priorities.count)))))
        note(.support(.assigned(ticket: ticket, .support)), after: .minutes(40))
        note(.support(.replied(ticket: ticket, isByCustomer: false)), after: .hours(3))
        bounce(ticket: ticket)
        if random.chance(500) {
            note(.support(.replied(ticket: ticket, isByCustomer: true)), after: .hours(6))
            note(.support(.replied(ticket: ticket, isByCustomer: false)), after: .hours(4))
        }
        note(.support(.solved(ticket: ticket)), after: .hours(14))
        if random.chance(60) {
            note(.support(.reopened(ticket: ticket)), after: .days(1))
            note(.support(.solved(ticket: ticket)), after: .days(1))
        }
        note(.support(.closed(ticket: ticket)), after: .days(4))
    }

    /// A ticket goes back and forth between departments that each think it is the other's.
    private mutating func bounce(ticket: UInt8) {
        let (permille, times) = friction.bounces(segment: profile.segment)
        let bounces = random.chance(permille)
        var detour = random.fork()
        guard bounces else { return }
        var group = SupportActivity.Group.support
        for _ in 0..<detour.number(in: times) {
            now += Wait.hours(9).draw(&detour)
            group = group.other
            note(.support(.assigned(ticket: ticket, group)))
        }
    }
}
