package scatter

// mutants are in the order of what they break: whose a record is, what is
// deleted, what is adopted, whose fault it is, what is paid.
var mutants = []mutant{
	// A record belongs to one life, and to one making of its node.
	{name: "a child's folder is named by its path", file: "turn_work.go",
		old: `	v.Nonce, v.At = t.nextNonce(), f.split.span(ord)`,
		new: `	v.Nonce, v.At = childNode(f.at, ord), f.split.span(ord)`},
	{name: "a life's prefix is its question", file: "submit.go",
		old: `Prefix: newPrefix()}}`,
		new: `Prefix: ID(job)}}`},
	{name: "a life's prefix is its number", file: "submit.go",
		old: `		mine, err := begin(ctx, s, next, plan)`,
		new: `		next.Prefix = fmt.Sprintf("%020d", next.n)
		mine, err := begin(ctx, s, next, plan)`, run: "TestPrefixesAreNotShared"},
	{name: "a root's folder is named by its stage", file: "submit.go",
		old: `	rec := axisRecord{Nonce: newNonce()}`,
		new: `	rec := axisRecord{Nonce: "0"}`},
	{name: "a later root's folder is named by its stage", file: "turn_merge.go",
		old: `	rec := axisRecord{Axis: r.Axis, Nonce: t.nextNonce()}`,
		new: `	rec := axisRecord{Axis: r.Axis, Nonce: "1"}`},
	{name: "turns of a worker share a nonce", file: "worker.go",
		old: `fmt.Sprintf("%s.%d", w.Name, w.turns),`,
		new: `w.Name,`, run: "TestNoncesAreUsedOnce"},
	{name: "a nonce is used twice", file: "turn.go",
		old: `	t.seq++
`,
		new: ``},
	{name: "a life's number is used again", file: "life.go",
		old: `	n := now.Unix() / (24 * 3600) * 1000`,
		new: `	n := now.Unix() * 0`},
	{name: "engines are kept by question", file: "engines.go",
		old: `	o, found := es.jobs[id]
	if !found {`,
		new: `	question, _, _ := parseName(id)
	for other, o := range es.jobs {
		if strings.HasPrefix(other, question+".") {
			id = o.id
		}
	}
	o, found := es.jobs[id]
	if !found {`, run: "TestWorkerThatLivesOn"},
	{name: "the loser of the race for a life plans another", file: "submit.go",
		old: `	if err != nil || !bytes.Equal(v.Bytes, record) {`,
		new: `	if err != nil || bytes.Equal(v.Bytes, nil) {`},

	// What is deleted leaves a gap, never a lie.
	{name: "a manifest takes a missing child for empty", file: "gathered.go",
		old: `	if b == nil {
		return fmt.Errorf("span %v has no verdict: %w"`,
		new: `	if b == nil {
		return nil
	}
	if b == nil {
		return fmt.Errorf("span %v has no verdict: %w"`},
	{name: "a manifest takes a missing merged part for empty", file: "gathered.go",
		old: `	if err != nil {
		return fmt.Errorf("span %v: %w", m.split.span(ord), gone(err))`,
		new: `	if errors.Is(err, okazaki.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("span %v: %w", m.split.span(ord), gone(err))`},
	{name: "a merge takes what is there", file: "turn_merge.go",
		old: `			if b == nil {
				return t.up() // a stale list; a later attempt merges
			}`,
		new: `			if b == nil {
				continue
			}`, run: "TestMergeNeedsAllVerdicts"},
	{name: "collectors take what is not the store's", file: "layout.go",
		old: `		if k, ok := parseKey(e.Key); ok {`,
		new: `		if k, _ := parseKey(e.Key); foreign != nil || k.kind > 0 {`, run: "TestForeignKeysStay"},
	{name: "the collector forgets first that a life has ended", file: "gc.go",
		old: `	if err := c.s.Delete(ctx, lifeKey(l.id, l.n)); err != nil {
		return false, err
	}
	return true, c.s.Delete(ctx, endedKey(l.Prefix))`,
		new: `	if err := c.s.Delete(ctx, endedKey(l.Prefix)); err != nil {
		return false, err
	}
	return true, c.s.Delete(ctx, lifeKey(l.id, l.n))`},
	{name: "the collector takes a life's name in the same pass", file: "gc.go",
		old: `	if err != nil || n > 0 {
		if err == nil {
			c.gone = append(c.gone, l.name())
		}
		return false, err
	}`,
		new: `	if err != nil {
		return false, err
	}
	if n > 0 {
		c.gone = append(c.gone, l.name())
	}`, run: "TestCollectorWaits"},
	{name: "the collector does not wait for late writers", file: "gc.go",
		old: `	if since < least {
		return false, nil
	}`,
		new: ``, run: "TestCollectorWaits"},
	{name: "the collector takes a question's latest name", file: "gc.go",
		old: ` || latest && min(since, l.age) < nameKept {`,
		new: ` {`},
	{name: "the collector takes a name when it sees a later one", file: "gc.go",
		old: `e.Age >= settle {`,
		new: `true {`, run: "TestNameStaysUntilALaterOneIsListed"},
	{name: "the collector closes what is open", file: "gc.go",
		old: `	if l.age <= l.Job.Limits.Deadline+l.Job.Limits.Turn+settle {
		return false, nil
	}`,
		new: ``},
	{name: "a done life is not looked at before it is taken for the answer", file: "submit.go",
		old: `	return l.readable(ctx, s, end)`,
		new: `	return true, nil`, run: "TestAnswerThatIsGone"},
	{name: "a root that was made again is taken for the answer", file: "life.go",
		old: `g == nil || g.root != root || g.out.Miss > 0 {`,
		new: `g == nil || root == "" || g.out.Miss > 0 {`, run: "TestAnswerThatIsGone"},
	{name: "a root that was joined again with a hole is taken for the answer", file: "life.go",
		old: ` || g.out.Miss > 0 {`,
		new: ` {`, run: "TestAnswerThatIsGone"},
	{name: "a deadline may outlast what the store keeps", file: "submit.go",
		old: `kept > 0 && l.Deadline >= most {`,
		new: `kept > 0 && l.Deadline >= kept+time.Second {`, run: "TestStoreThatForgets"},
	{name: "a copy is used that was given up meanwhile", file: "copies.go",
		old: `		if errors.Is(err, okazaki.ErrNotFound) {
			return c.name, nil
		}`,
		new: `		if err == nil || errors.Is(err, okazaki.ErrNotFound) {
			return c.name, nil
		}`, run: "TestCopyThatIsGivenUpMeanwhile"},
	{name: "a copy is given up and deleted in one pass", file: "copies.go",
		old: `				return fmt.Errorf("input %s: %w", sc.digest, err)
			}
			continue
		}`,
		new: `				return fmt.Errorf("input %s: %w", sc.digest, err)
			}
		}`, run: "TestCopyThatIsGivenUpMeanwhile"},
	{name: "a lease does not hold an input", file: "copies.go",
		old: `		if sc.youngest < c.leased {`,
		new: `		if sc.oldest < c.leased {`, run: "TestInputsThatAreReadStay"},
	{name: "an open job does not hold its inputs", file: "gc.go",
		old: `		c.copies[in.Digest+"/"+in.Copy] = true
`,
		new: `		_ = in
`, run: "TestInputsThatAreReadStay"},
	{name: "a blob is not checked", file: "gathered.go",
		old: `	if int64(len(b)) != p.Size || hex.EncodeToString(sum[:]) != p.Blob {`,
		new: `	if hex.EncodeToString(sum[:]) == "" {`, run: "TestBlobsAreChecked"},
	{name: "verdicts are lost in a crash", file: "scatter.go",
		old: `strings.Contains("amp", parts[2])`,
		new: `strings.Contains("ampv", parts[2])`},
	{name: "marks that are lost are not missed", file: "turn_merge.go",
		old: `			if b == nil {
				return t.mark(splits[i])
			}`,
		new: `			if b == nil {
				return t.up()
			}`, run: "TestMarkThatIsLost"},
	{name: "a stage that is lost is not joined again", file: "turn_merge.go",
		old: `				return t.redo(stage, r.Values[2*stage] != nil)`,
		new: `				return t.leave(nil)`, run: "TestMergedPartOfAnEarlierStageIsLost"},
	{name: "a stage that was laid out is given up", file: "turn_merge.go",
		old: `		if r.Values[0] == nil {
			return t.end(End{State: Incomplete`,
		new: `		if true {
			return t.end(End{State: Incomplete`, run: "TestStageThatWasLaidOutMeanwhile"},

	// A hole costs only itself.
	{name: "a failure is adopted", file: "turn_adopt.go",
		old: `		case err != nil || v.Kind == failVerdict:
			return next()`,
		new: `		case err != nil:
			return next()
		case v.Kind == failVerdict:
			return t.fail(ord, v.Reason)`},
	{name: "adoption is not bought", file: "turn_retry.go",
		old: `	if tr.n == 0 {
		return t.tryBuy(ord)
	}`,
		new: `	if tr.n == 0 {
		return t.adopt(ord, func() Effect { return t.tryBuy(ord) })
	}`},
	{name: "what another axis gave is adopted", file: "turn_adopt.go",
		old: ` && sameAxis(rec.Axis, t.axis) {`,
		new: ` {`},
	{name: "a stage laid out on holes is adopted", file: "turn_adopt.go",
		old: `err == nil && rec.Miss == 0 &&`,
		new: `err == nil &&`, run: "TestStageOfAnIncompleteOneIsNotAdopted"},
	{name: "what an attempt read of a changed input is used", file: "perform.go",
		old: `	if err == nil && !w.Engines.unchanged(open) {
		return Reply{Status: Failed, Sick: true}
	}
	if err == nil {`,
		new: `	if err == nil {`, run: "TestInputChangesWhileItIsWorked"},
	{name: "a blob is adopted and not copied", file: "turn_adopt.go",
		old: `	return t.copied(o, p, next, func(b []byte) Effect {
		return t.deliver(b, func(p *part) Effect {
			return t.decide(ord, verdict{Kind: partVerdict, Part: p}, Reply{})
		})
	})`,
		new: `	return t.decide(ord, verdict{Kind: partVerdict, Part: p}, Reply{})`},
	{name: "nothing is adopted below a split", file: "turn_adopt.go",
		old: `		return !slices.Contains(t.life.After, prefix)`,
		new: `		return prefix != ""`, run: "TestSecondLifeWorksOnlyWhatIsMissing"},
	{name: "what an earlier life had adopted from is adopted from", file: "turn_adopt.go",
		old: `		return !slices.Contains(t.life.After, prefix)`,
		new: `		return prefix == ""`, run: "TestLifeReadsNoLifeThatItsRecordDoesNotName"},
	{name: "only the life before is adopted", file: "submit.go",
		old: `append([]string{last.Prefix}, last.After[:min(len(last.After), maxAfter-1)]...)`,
		new: `[]string{last.Prefix}`, run: "TestLivesThatDidNothingHideNone"},
	{name: "a fresh life adopts", file: "submit.go",
		old: `		if last != nil && adopt {`,
		new: `		if last != nil {`, run: "TestFreshLifeAdoptsNothing"},
	{name: "a life that was not planned is not planned when it is joined", file: "submit.go",
		old: `	if err == nil && unplanned != nil {`,
		new: `	if false {`},
	{name: "a submitter does not see that its job has lost its name", file: "submit.go",
		old: `		return before, gone(err)`,
		new: `		return before, nil`, run: "TestWaitForAJobThatLosesItsBeginning"},
	{name: "a submitter does not see that its job has lost its axis", file: "submit.go",
		old: `	if errors.Is(err, okazaki.ErrNotFound) && !before {`,
		new: `	if errors.Is(err, okazaki.ErrNotFound) {`, run: "TestWaitForAJobThatLosesItsBeginning"},
	{name: "a watcher gives up a job that is not planned yet", file: "submit.go",
		old: `	if errors.Is(err, okazaki.ErrNotFound) && !before {`,
		new: `	if false {`, run: "TestWaitForAJobThatIsNotPlanned"},
	{name: "workers go on with a job that has lost its beginning", file: "submit.go",
		old: `				if errors.Is(err, ErrGone) {`,
		new: `				if false {`, run: "TestWaitForAJobThatLosesItsBeginning"},
	{name: "a nonce has no zeros in front", file: "layout.go",
		old: `strings.Repeat("0", nonceDigits-len(text)) + text`,
		new: `strings.TrimLeft(text, "0")`, run: "TestNoncesAreKnown"},
	{name: "a life is joined without a look whether it is there", file: "submit.go",
		old: `	if _, err = patientGet(ctx, s, lifeKey(l.id, l.n)); errors.Is(err, okazaki.ErrNotFound) {`,
		new: `	if false {`, run: "TestLifeThatGoesWhileItIsJoined"},
}
