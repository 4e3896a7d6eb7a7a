package scatter

// moneyMutants break rules about whose fault an error is, and about what is paid.
var moneyMutants = []mutant{
	// A machine's fault is not the span's.
	{name: "one machine is witness enough", file: "turn_retry.go",
		old: `	witnesses = 2`,
		new: `	witnesses = 1`},
	{name: "a machine is two witnesses", file: "turn_retry.go",
		old: `			machines[t.Machine] = true`,
		new: `			machines[t.Nonce] = true`},
	{name: "a machine that is alone tries for ever", file: "turn_retry.go",
		old: `	patience  = 3`,
		new: `	patience  = 30`, run: "TestSpanAtFault"},
	{name: "a machine tries at once what failed there", file: "turn_retry.go",
		old: `tb.age < 2*t.job.Limits.Turn {`,
		new: `tb.age < 0 {`, run: "TestSpanAtFault|TestSickMachineCostsNothing"},
	{name: "a machine never tries again what failed there", file: "turn_retry.go",
		old: ` && tb.age < 2*t.job.Limits.Turn {`,
		new: ` {`},
	{name: "a trouble is a climb", file: "turn_retry.go",
		old: `		if !t.Big {
			n--
		}`,
		new: `		if t.Big && !t.Big {
			n--
		}`, run: "TestTroubleIsNoClimb"},
	{name: "a released attempt is waited for", file: "turn_retry.go",
		old: `		case tr.n > 0 && !tr.released && tr.age <=`,
		new: `		case tr.n > 0 && tr.age <=`, run: "TestSpanAtFault"},
	{name: "a released merge is waited for", file: "turn_retry.go",
		old: `	case tr.released || tr.age > attemptLimit(`,
		new: `	case tr.age > attemptLimit(`, run: "TestMergeThatDoesNotFit"},
	{name: "a dead owner is waited for", file: "turn_retry.go",
		old: `			if dead[i] && t.affords(`,
		new: `			if !dead[i] && dead[i] && t.affords(`, run: "TestAttemptOfTheDead"},
	{name: "the dead owner of a merge is waited for", file: "turn_retry.go",
		old: `		if dead[0] {`,
		new: `		if len(dead) == 0 {`, run: "TestDeadOwnerOfAMerge"},
	{name: "a second try that can't be paid fails the span", file: "turn_retry.go",
		old: `		if tr.speculative {`,
		new: `		if tr.speculative && tr.lapsed {`, run: "TestSecondTryThatCanNotBePaid"},
	{name: "no second try", file: "turn_retry.go",
		old: `			tr.speculative, f.state[ord] = true, childOpen`,
		new: `			tr.speculative = true`, run: "TestIdleWorkersTryTheLastSpansAgain"},
	{name: "a merge that does not fit is a hole", file: "turn_retry.go",
		old: `	case err == okazaki.ErrTooBig && t.class+1 >= len(t.job.Limits.Classes):`,
		new: `	case err == okazaki.ErrTooBig:`, run: "TestMergeThatDoesNotFit"},
	{name: "a merge that does not fit climbs for ever", file: "turn_retry.go",
		old: `	case err == okazaki.ErrTooBig && t.class+1 >= len(t.job.Limits.Classes):
		return failed(err.Error() + " of the largest worker")
`,
		new: ``, run: "TestMergesThatFail"},
	{name: "a span that does not fit is a hole", file: "turn_work.go",
		old: `	case r.Status == Failed && r.Err == okazaki.ErrTooBig && t.class+1 >= len(t.job.Limits.Classes):`,
		new: `	case r.Status == Failed && r.Err == okazaki.ErrTooBig:`},
	{name: "a merge whose error is explained is tried again", file: "turn_retry.go",
		old: `	case err != okazaki.ErrTooBig && !suspect(err):
		return failed(err.Error())
`,
		new: ``, run: "TestMergesThatFail"},
	{name: "a panic ends the worker", file: "perform.go",
		old: `		if p := recover(); p != nil {`,
		new: `		if p := any(nil); p != nil {`, run: "TestHolesAreNamed"},
	{name: "a machine goes on however much fails", file: "health.go",
		old: `	if sick {
		h.lieDown(ctx, s, worker, job, err)
	}
	return sick`,
		new: `	return sick && h.rest < 0`, run: "TestSickMachineCostsNothing"},
	{name: "a machine that is sick goes on with its turn", file: "turn.go",
		old: `return t.sick || t.elapsed`,
		new: `return t.elapsed`, run: "TestSickMachineCostsNothing"},
	{name: "the workers of a machine count apart", file: "health.go",
		old: `		if e.Age < firstRest && !h.reported[e.Key] {
			n++
		}`,
		new: `		_ = e`, run: "TestSickHostOfManyWorkers"},
	{name: "a machine rests no longer the second time", file: "health.go",
		old: `	h.rest = min(max(2*h.rest, firstRest), longestRest)`,
		new: `	h.rest = firstRest`, run: "TestRestsGrow"},
	{name: "a machine that recovers is not forgiven", file: "health.go",
		old: `	h.rest, h.until = 0, time.Time{}
`,
		new: ``, run: "TestRestsGrow"},
	{name: "time stamps from the future hold", file: "ages.go",
		old: `			e.Age = es.sinceSeen(`,
		new: `			_ = es.sinceSeen(`, run: "TestTimeStampsFromTheFuture"},

	// Every paid operation is bought, and runs no longer than it reserved.
	{name: "exists is believed won", file: "turn.go",
		old: `	if bytes.Equal(r.Values[0], t.pending.Value) {`,
		new: `	if bytes.HasPrefix(r.Values[0], nil) {`},
	{name: "a create that stayed busy is taken for a win", file: "turn.go",
		old: `	case r.Status == Busy:
		return t.leave(okazaki.ErrBusy)`,
		new: `	case r.Status == Busy && t.pending.Op != OpCreate:
		return t.leave(okazaki.ErrBusy)`},
	{name: "the loser of an attempt works", file: "turn_retry.go",
		old: `		if r.Status == Exists {
			f.state[ord] = childHeld
			if f.lost++`,
		new: `		if r.Status == Failed {
			f.state[ord] = childHeld
			if f.lost++`},
	{name: "the loser of a merge merges", file: "turn_retry.go",
		old: `			if r.Status == OK {
				return bought(m)
			}`,
		new: `			if r.Status != Busy {
				return bought(m)
			}`},
	{name: "merging is not bought", file: "turn_merge.go",
		old: `	return t.tryMerge(t.fetch, t.abandonMerge)`,
		new: `	return t.fetch(&mergeTry{key: t.k.merge(f.node, 0), limit: f.split.Limit, tries: tries{n: 1}})`},
	{name: "planning is not bought", file: "turn_merge.go",
		old: `	return t.tryMerge(func(m *mergeTry) Effect {
		t.bought++`,
		new: `	f := t.top()
	buy := func(bought func(*mergeTry) Effect, _ func(string) Effect) Effect {
		return bought(&mergeTry{key: t.k.merge(f.node, 0), limit: f.split.Limit, tries: tries{n: 1}})
	}
	return buy(func(m *mergeTry) Effect {
		t.bought++`},
	{name: "a merge is held to no limit", file: "turn_merge.go",
		old: `Parts: parts, Limit: min(g.try.limit, t.left-t.elapsed)}`,
		new: `Parts: parts, Limit: t.left - t.elapsed}`},
	{name: "planning is held to no limit", file: "turn_merge.go",
		old: `Limit: min(m.limit, t.left-t.elapsed)}`,
		new: `Limit: t.left - t.elapsed}`},
	{name: "the worker holds a merge to no limit", file: "perform.go",
		old: `context.WithTimeout(ctx, e.Limit)`,
		new: `context.WithTimeout(ctx, 1000*e.Limit)`, run: "TestMergeAndPlanThatHang"},
	{name: "the worker holds a span to no limit", file: "perform.go",
		old: `context.WithTimeout(ctx, e.Limit)`,
		new: `context.WithTimeout(ctx, 1000*e.Limit)`, run: "TestHangingUnitEnds"},
	{name: "forced spans need no money", file: "cut.go",
		old: ` && (n+l.Span-1)/l.Span <= affordable(l, d.budget-d.own)`,
		new: ``, run: "TestForcedSpansBeyondTheBudget"},
	{name: "a retry runs longer than its slot", file: "cut.go",
		old: `	if n == 0 {
		return s.Limit
	}
	return l.Turn`,
		new: `	if n == 0 {
		return s.Limit
	}
	return 2 * l.Turn`},
	{name: "a first attempt runs as long as a retry", file: "cut.go",
		old: `	if n == 0 {
		return s.Limit
	}
	return l.Turn`,
		new: `	return l.Turn`},
	{name: "a first attempt is for any class", file: "turn_retry.go",
		old: `		return t.class == 0
`,
		new: `		return t.class >= 0
`},
	{name: "a first merge is for any class", file: "turn_retry.go",
		old: `		if t.class > 0 {
			return t.retryMerge(bought, broke)
		}
`,
		new: ``},
	{name: "a retry costs nothing", file: "turn_retry.go",
		old: `	return t.pay(t.k.attempt(f.node, ord, tr.n), paid, broke)`,
		new: `	if tr.n < maxAttempts {
		return paid()
	}
	return t.pay(t.k.attempt(f.node, ord, tr.n), paid, broke)`},
	{name: "a slot pays for many retries", file: "turn_work.go",
		old: `			if r.Status == Exists { // confirm has compared: it pays for another attempt`,
		new: `			if r.Status == Failed {`},
	{name: "a span is tried as often as there is money", file: "turn_retry.go",
		old: `	if tr.n >= maxAttempts {
		return t.fail(`,
		new: `	if tr.n >= 10*maxAttempts {
		return t.fail(`},
	{name: "nothing is kept for retries", file: "cut.go",
		old: `	surplus := free - okazaki.MBs(pool)*slotPrice(l) - first*okazaki.MBs(1+len(fresh)) // the 1 is the merge`,
		new: `	surplus := free - first*okazaki.MBs(1+len(fresh))`},
	{name: "nothing is kept for the merge", file: "cut.go",
		old: `	surplus := free - okazaki.MBs(pool)*slotPrice(l) - first*okazaki.MBs(1+len(fresh)) // the 1 is the merge`,
		new: `	surplus := free - okazaki.MBs(pool)*slotPrice(l) - first*okazaki.MBs(len(fresh))`},
	{name: "nothing is kept for planning", file: "cut.go",
		old: `	left := budget - first // reserved for the merge: planning the next stage`,
		new: `	left := budget`},
	{name: "a node's own attempt is divided too", file: "turn_work.go",
		old: `		own:     price(&t.job.Limits, f.split.Limit, t.job.Limits.Classes[0]),`,
		new: `		own:     0,`},
	{name: "the calls around an attempt are not reserved", file: "cut.go",
		old: `	return (okazaki.MBmsOf(memory, limit) + overheadCalls.Worth(l.Calls)).Reserve()`,
		new: `	return okazaki.MBmsOf(memory, limit).Reserve()`},
	{name: "a budget is counted beyond 63 bits", file: "cut.go",
		old: `	share = min(share, 2*price(l, l.Turn, l.Classes[0]))                // more buys no longer an attempt, and may not fit in 63 bits
`,
		new: ``, run: "TestDivideLargeBudgets"},
	{name: "the floor is ignored", file: "turn_work.go",
		old: `f.split.span(ord).Len() <= max(1, t.axis.Floor) ||`,
		new: `f.split.span(ord).Len() <= 1 ||`},
	{name: "the depth is not bounded", file: "turn_work.go",
		old: ` || f.depth >= MaxDepth`,
		new: ` || f.depth >= 2*MaxDepth`, run: "TestDepthIsBounded"},
	{name: "the deadline is not looked at again", file: "turn_begin.go",
		old: `func (t *Turn) unlessEnded(then func() Effect) Effect {
	if t.elapsed >= t.left {`,
		new: `func (t *Turn) unlessEnded(then func() Effect) Effect {
	if t.elapsed >= 1000*t.left {`},
	{name: "a span runs past the deadline", file: "turn_work.go",
		old: `		Limit: min(attemptLimit(l, f.split, n), t.left-t.elapsed),`,
		new: `		Limit: attemptLimit(l, f.split, n),`},
	{name: "a merge runs past the deadline", file: "turn_merge.go",
		old: `Parts: parts, Limit: min(g.try.limit, t.left-t.elapsed)}`,
		new: `Parts: parts, Limit: g.try.limit}`},
	{name: "planning runs past the deadline", file: "turn_merge.go",
		old: `Limit: min(m.limit, t.left-t.elapsed)}`,
		new: `Limit: m.limit}`},
	{name: "a job is as young as when the worker met it", file: "worker.go",
		old: `l.Deadline - open.age() + time.Since(start),`,
		new: `l.Deadline + 0*open.age() + time.Since(start),`, run: "TestWorkerClosesAJobPastItsDeadline"},
	{name: "the end is not looked at again", file: "turn_begin.go",
		old: `	if t.elapsed-t.looked <= lookAgain {`,
		new: `	if t.elapsed-t.looked <= 1000*lookAgain {`},
	{name: "a turn begins at a job that has ended", file: "turn_begin.go",
		old: `	if r.Values[0] != nil {
		return t.leaveEnded(r.Values[0])
	}
	t.looked = t.elapsed
	if t.elapsed`,
		new: `	t.looked = t.elapsed
	if t.elapsed`},
	{name: "calls are told twice", file: "turn.go",
		old: `	t.reported = c
`,
		new: ``},
	{name: "calls of a turn are told by the next too", file: "worker.go",
		old: `	defer func() { w.told = t.reported }()
`,
		new: ``, run: "TestCallsOfManyTurns"},
	{name: "holes below are not counted", file: "turn_merge.go",
		old: `	g.out.Miss += m.Miss
`,
		new: ``},
	{name: "an end knows its last stage only", file: "turn_merge.go",
		old: `			end.Holes = append(end.Holes, g.out.Holes...)
			end.Missing += g.out.Miss`,
		new: `			if stage == t.stage {
				end.Holes, end.Missing = g.out.Holes, g.out.Miss
			}`, run: "TestStageThatIsJoinedAgainWithAHole"},
	{name: "holes are one whatever their reasons", file: "turn_merge.go",
		old: `last.Reason == h.Reason && `,
		new: ``, run: "TestHolesOfDifferentReasons"},
	{name: "a failed merge goes on unseen", file: "turn_merge.go",
		old: `		return t.unlessEnded(func() Effect {
			if r.Status == Failed {
				return t.mergeFailed(g.try, r.Err, t.up, failed)
			}`,
		new: `		if r.Status == Failed {
			return t.mergeFailed(g.try, r.Err, t.up, failed)
		}
		return t.unlessEnded(func() Effect {`, run: "TestMergeThatFailsAfterTheEnd"},
	{name: "a next attempt that exists is believed won", file: "turn_next.go",
		old: `	case Exists:
		return t.doubt(n.key, n.value, then)`,
		new: `	case Exists:
		return then(Reply{})`},
	{name: "a next attempt of unknown fate is believed won", file: "turn_next.go",
		old: `	t.next.status = r.Next
`,
		new: `	t.next.status = OK
`},
	{name: "a next attempt is bought past the deadline", file: "turn_next.go",
		old: ` || t.spent() || t.elapsed >= t.left || t.elapsed-t.looked > lookAgain {`,
		new: ` {`, run: "TestNoNextAttempt"},
	{name: "a next attempt is left to lapse", file: "turn.go",
		old: `t.next.of == nil && t.spent()`,
		new: `t.spent()`, run: "TestNextAttemptIsWorked"},
	{name: "a next attempt is made anew", file: "turn_next.go",
		old: `Value: n.value}`,
		new: `Value: t.attempt()}`, run: "TestNextAttempt"},
	{name: "a turn leaves while it creates", file: "turn_behind.go",
		old: `	return false
}

// awaited`,
		new: `	return true
}

// awaited`},
	{name: "a create behind a turn is not repeated", file: "turn_behind.go",
		old: `		case Exists, Busy:
			again`,
		new: `		case Exists:
			again`, run: "TestNextAttempt"},
	{name: "a record that lost told its calls", file: "turn_behind.go",
		old: `		t.onRecorded(created, again.calls)
`,
		new: ``, run: "TestCallsOfALostRecord"},
	{name: "a create behind a turn may fail", file: "turn_behind.go",
		old: `			err = o.Err
`,
		new: ``, run: "TestVerdictsAreCreatedBehindTheTurn"},
	{name: "a turn that leaves still asks whose value it met", file: "turn.go",
		old: `	t.confirming = false // what is behind the turn is still awaited
`,
		new: ``, run: "TestAttemptThatCannotBeReadEndsTheTurn"},
	{name: "a turn looked when it had repeated", file: "turn_begin.go",
		old: `		t.looked = r.Elapsed
`,
		new: `		t.looked = t.elapsed
`, run: "TestLookOfLongAgo"},
	{name: "a process does not await what it creates", file: "worker.go",
		old: `	defer behind.wait()
`,
		new: ``, run: "TestVerdictsAreCreatedBehindTheTurn"},
	{name: "a life without one of its axes is worked at its last stage", file: "turn_begin.go",
		old: `	if gap := slices.Index(t.axes, nil); gap >= 0 {
		stage = gap - 1
	}`,
		new: `	for gap := slices.Index(t.axes, nil); gap >= 0 && stage >= 0 && t.axes[stage] == nil; {
		stage--
	}`, run: "TestLifeThatHasLostRecords"},
	{name: "a stage that has lost its root is waited for", file: "turn_merge.go",
		old: `g == nil && !t.redid[stage] {`,
		new: `g == nil && r.Values[2*stage] != nil && !t.redid[stage] {`, run: "TestLifeThatHasLostRecords"},
	{name: "the time before the first unit counts as the speed of units", file: "perform.go",
		old: `	case !marks.known() && marks.at < e.Limit/2: // it may all have been setup`,
		new: `	case !marks.known() && marks.at < min(2*l.Aim, e.Limit/2):`, run: "TestSpansAreWorthTheirSetup"},
	{name: "spans are cut by the aim, whatever their setup", file: "cut.go",
		old: `time.Duration { return max(l.Aim, setup) }`,
		new: `time.Duration { return l.Aim }`, run: "TestSpansAreWorthTheirSetup"},
}
