/* New epochs of a pair of two people with two devices each (protocol 5.3 to 5.5, 8.3).
 *
 *   0 Ada's first (rank 1): removes device 1 and rotates with that
 *   1 Ada's second (rank 2): stolen; it rotates too, leaves out whom it likes, reads what it can
 *   2 Max's first (rank 1): rotates by age, knowing of all that or not
 *   3 Max's second (rank 2): absent for as long as the schedule likes
 *
 * In one run device 2 rotates, in another device 1 does: both at once are too many states.
 *
 * The relay shows each device each record of a mailbox when it likes, in any order. An event is a
 * bit: 0 the removal, n the n-th rotate; an epoch is a bit: 0 the first, n that of rotate n.
 *
 * -DBROKEN_x breaks one rule, and a claim must fail. -DREACH claims that nothing comes to its end.
 */
#define ROTATES 7               /* a seventh is never needed: Watch says so */
#define REMOVAL 1
#define bit(n) (1 << (n))
#define in(n, set) (((set) >> (n)) & 1)

byte saw[4];                    /* events, by device */
byte secrets[4];                /* epochs that it can read */
byte tips[4], best[4];          /* as it folds what it saw */
byte author[ROTATES], past[ROTATES], parents[ROTATES], wraps[ROTATES];
byte order[ROTATES];            /* rank of the author, then chance, as an id is */
byte box[ROTATES];              /* events that lie in an epoch's mailbox beside rotate records */
byte made = 1, cut;
bool removes, ages, steals, removed, aged, stolen, overrun, lucky;
byte n, counted, whom;          /* of who is at it */

#define belong(d) ((saw[d] & REMOVAL) -> 13 : 15)
/* the removed device's rotates count inside the cut */
#define valid(d, r) (author[r] != 1 || !(saw[d] & REMOVAL) || in(r, cut))

#define lies(d, e, q) (in(q, secrets[d]) && in(e, box[q]))
#define in_a_box(d, e) (lies(d, e, 0) || lies(d, e, 1) || lies(d, e, 2) || lies(d, e, 3) || \
    lies(d, e, 4) || lies(d, e, 5) || lies(d, e, 6))
/* a rotate record lies in the mailboxes of the parents */
#define record(d, r) (r < made && (parents[r] & secrets[d]))
/* in Ada's first chain the removal stands before the rotates that follow it */
#define in_line(d, r) (author[r] != 0 || !(past[r] & REMOVAL) || (saw[d] & REMOVAL))
#define can_see(d, r) (d != 1 && r < made && !in(r, saw[d]) && in_line(d, r) && \
    (record(d, r) || in_a_box(d, r)))
#define can_open(d, r) (record(d, r) && !in(r, secrets[d]) && in(d, wraps[r]))
#ifdef BROKEN_SUPPLY            /* wraps are made though not all is here that it was written after */
#define whole(d, r) true
#else
#define whole(d, r) ((past[r] & (255 - saw[d])) == 0)
#endif
#define can_supply(d, r) (record(d, r) && in(r, saw[d]) && in(r, secrets[d]) && valid(d, r) && \
    whole(d, r) && (belong(d) & (15 - wraps[r])))

inline fold(d) {
    /* the tips, and the one to write to of those that it can read */
    counted = 0; n = 1;
    do
    :: n < made ->
        if
        :: in(n, saw[d]) && valid(d, n) -> counted = counted | bit(n)
        :: else
        fi;
        n++
    :: else -> break
    od;
    tips[d] = counted | 1; n = 1;
    do
    :: n < made ->
        if
        :: in(n, counted) -> tips[d] = tips[d] & (255 - parents[n])
        :: else
        fi;
        n++
    :: else -> break
    od;
    best[d] = 0; n = 1;
    do
    :: n < made ->
        if
        :: in(n, tips[d]) && in(n, secrets[d]) && (best[d] == 0 || order[n] < order[best[d]]) ->
            best[d] = n
        :: else
        fi;
        n++
    :: else -> break
    od;
    /* what came by another mailbox is put again in that one; wraps that lack are made */
    if
    :: d != 1 && in(best[d], tips[d]) -> box[best[d]] = box[best[d]] | saw[d]
    :: else
    fi;
    n = 1;
    do
    :: n < made ->
        if
        :: d != 1 && can_supply(d, n) -> wraps[n] = wraps[n] | belong(d)
        :: else
        fi;
        n++
    :: else -> break
    od;
    n = 0; counted = 0
}

inline rotate(d, to) {          /* a rotate over all tips, and a pack in its own mailbox */
    if
    :: made == ROTATES -> overrun = true
    :: else ->
        author[made] = d;
        past[made] = saw[d];
        parents[made] = tips[d];
        wraps[made] = to;
        order[made] = (d % 2) * 64 + (lucky -> 32 - made : 32 + made);
        if
        :: d == 0 ->            /* what leads up to it goes into the old mailboxes */
            n = 0;
            do
            :: n < made ->
                if
                :: in(n, parents[made]) -> box[n] = box[n] | (saw[d] & REMOVAL)
                :: else
                fi;
                n++
            :: else -> break
            od
        :: else
        fi;
        saw[d] = saw[d] | bit(made);
        secrets[d] = secrets[d] | bit(made);
        box[made] = saw[d];
        made++;
        fold(d)
    fi
}

/* a rotate record is opened at once, whatever it is worth */
#define READ(r) \
    :: d_step { can_see(d, r) || can_open(d, r) -> \
        if :: can_open(d, r) -> secrets[d] = secrets[d] | bit(r) :: else fi; \
        if :: can_see(d, r) -> saw[d] = saw[d] | bit(r) :: else fi; \
        fold(d) }
#define CHANCE if :: lucky = true :: lucky = false fi

proctype Device(byte d) {
end:do
    READ(1) READ(2) READ(3) READ(4) READ(5) READ(6)
    :: d_step { d != 1 && !(saw[d] & REMOVAL) && in_a_box(d, 0) ->
        saw[d] = saw[d] | REMOVAL;
        fold(d) }
    :: atomic { d == 0 && removes && !removed ->
        CHANCE;
        d_step {
            removed = true;
            cut = saw[0];
            saw[0] = saw[0] | REMOVAL;
            fold(0);
            rotate(0, 13);
            lucky = false } }
    :: atomic { d == 2 && ages && !aged && in(best[2], tips[2]) ->
        CHANCE;
        d_step {
            aged = true;
            whom = belong(2);
            rotate(2, whom);
            whom = 0; lucky = false } }
    :: atomic { d == 1 && steals && !stolen ->
        CHANCE;
        if
        :: whom = 15
        :: whom = 14            /* not Ada's first */
        :: whom = 7             /* not Max's second */
        fi;
        d_step {
            stolen = true;
            rotate(1, whom);
            whom = 0; lucky = false } }
#ifndef BROKEN_SHUT             /* the epoch to write to was begun without knowing of the removal */
    :: atomic { d == 0 && removed && !(past[best[0]] & REMOVAL) ->
        CHANCE;
        d_step { rotate(0, 13); lucky = false } }
#endif
    od
}

#define SECRET(r) (r < made && author[r] != 1 && (past[r] & REMOVAL) && in(r, secrets[1]))
#define same(d) (best[d] == best[0] && tips[d] == tips[0] && in(best[d], tips[d]))

proctype Watch() {
end:do
    /* no epoch that was begun knowing of a removal is ever read by who was removed */
    :: SECRET(1) || SECRET(2) || SECRET(3) || SECRET(4) || SECRET(5) || SECRET(6) -> assert(false)
    :: overrun -> assert(false)
    /* once all was read, those who stay write to one epoch, and the removed device reads nothing */
    :: timeout -> break
    od;
#ifdef REACH
    assert(!(removed && (aged || stolen) && same(2) && same(3)))
#else
    assert(same(2) && same(3));
    assert(!removed || !in(best[0], secrets[1]))
#endif
}

init {
    atomic {
        secrets[0] = 1; secrets[1] = 1; secrets[2] = 1; secrets[3] = 1;
        tips[0] = 1; tips[1] = 1; tips[2] = 1; tips[3] = 1;
        if :: removes = true :: skip fi;
        if :: ages = true :: steals = true fi;
        run Device(0); run Device(1); run Device(2); run Device(3); run Watch()
    }
}
