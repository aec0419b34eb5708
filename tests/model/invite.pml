/* An invite between two people of two devices each (protocol 7), with somebody in between.
 *
 * Ada's first device makes the link, her second learns of it all by the log. Max pastes the link
 * on one of his devices, or on both. Eve may have the link (leaked), or hand on one of her own in
 * its place (intercepts), and the relay is hers: what lies in a box comes when she likes, or never,
 * and she puts there what she likes. She cannot sign for Ada or Max.
 *
 * Who is careful compares the words over another channel before letting in, and before writing;
 * who goes by a third person (forwarded) tells nothing before that anyway.
 *
 * -DBROKEN_x breaks one rule, and a claim must fail. -DREACH claims that it never succeeds: false.
 */
#define NOBODY 0
#define ADA 1
#define MAX 2
#define EVE 3

#ifdef BROKEN_EXPIRY
#define TIMELY true
#else
#define TIMELY (!expired && !revoked)
#endif

#ifdef BROKEN_WORDS             /* the name in the payload is taken for the person */
#define ALIKE true
#else                           /* eight numbers of (inviter, who knocked), on each side */
#define ALIKE (chosen == MAX && host == ADA)
#endif

#ifdef BROKEN_WAIT
#define MAY_TELL(confirmed) true
#else
#define MAY_TELL(confirmed) (confirmed || (!forwarded && !careful))
#endif

bool leaked, intercepts, forwarded, careful;

/* the box of Ada's link; 0: Max's first device, 1: his second, 2: Eve's */
byte person_of[3], keys_of[3];
bool in_box[3], seen[3];
byte knocks, welcomed;
bool alarm, expired, revoked, done, late;

byte host = NOBODY;             /* whose space Max believes to join */
byte offered = NOBODY;          /* who signed the offer that he took */
byte chosen = NOBODY, welcome = NOBODY;
byte act[2];                    /* acts that add somebody: Ada's, and one by who was let in */
byte folded[2];                 /* whom Ada's two devices take for the other person */
bool compared, confirmed, let_in, ada_told_eve, max_told_eve;

init {
    atomic {
        if :: leaked = true :: skip fi;
        if :: intercepts = true :: skip fi;
        if :: forwarded = true :: skip fi;
        if :: careful = true :: skip fi;
        run Ada(); run AdasOther(); run Max(0); run Max(1); run Eve(); run Watch()
    }
}

inline compare() {
    compared = true;
    confirmed = ALIKE
}

proctype Ada() {
    byte k;
end:do
    :: atomic { !done && !expired -> expired = true }
    :: atomic { !done && !revoked -> revoked = true }
    :: atomic { (in_box[0] && !seen[0]) || (in_box[1] && !seen[1]) || (in_box[2] && !seen[2]) ->
        if
        :: in_box[0] && !seen[0] -> k = 0
        :: in_box[1] && !seen[1] -> k = 1
        :: in_box[2] && !seen[2] -> k = 2
        fi;
        seen[k] = true;
        knocks++;
#ifndef BROKEN_SECOND
        alarm = alarm || knocks > 1;
#endif
        k = 0 }
    :: atomic { !done && knocks > 0 && TIMELY ->
        if
        :: seen[0] -> k = 0
        :: seen[1] -> k = 1
        :: seen[2] -> k = 2
        fi;
        chosen = person_of[k];
        if
        :: careful && !forwarded -> compare()
        :: else
        fi;
        if
        :: careful && !forwarded && !confirmed -> chosen = NOBODY; compared = false
        :: else ->
            done = true;
            late = expired || revoked;
            welcomed = knocks;
            act[0] = chosen; folded[0] = chosen;
            welcome = keys_of[k]
        fi;
        k = 0 }
    :: atomic { done && !compared && host != NOBODY -> compare() }
    :: atomic { done && welcome == EVE && MAY_TELL(confirmed) && !ada_told_eve ->
        ada_told_eve = true }
    od
}

proctype AdasOther() {          /* reads both acts in any order, and each once */
    bool read[2];
    byte n;
end:do
    :: atomic { act[0] != NOBODY && !read[0] -> read[0] = true; n = 0; goto take }
    :: atomic { act[1] != NOBODY && !read[1] -> read[1] = true; n = 1; goto take }
    od;
take:
    atomic {
        if
#ifdef BROKEN_THIRD             /* whose act comes last has the place */
        :: folded[1] = act[n]
#else                           /* only the founder adds */
        :: n == 0 -> folded[1] = act[0]
        :: else
#endif
        fi;
        n = 0 };
    goto end
}

proctype Max(byte me) {
    byte link = ADA;
    atomic {
        if
        :: intercepts -> link = EVE
        :: skip
        fi;
        /* Eve may put an offer of her own into the box that Ada's link leads to */
        offered = link;
        if
        :: leaked && link == ADA -> offered = EVE
        :: skip
        fi;
#ifndef BROKEN_OFFER            /* an offer that is not of the link's inviter is refused */
        if
        :: offered != link -> offered = link
        :: else
        fi;
#endif
        if
        :: host == NOBODY ->
            host = offered;
            if
            :: host == ADA -> person_of[me] = MAX; keys_of[me] = MAX; in_box[me] = true
            :: else
            fi
        :: host == ADA && link == ADA ->     /* on his other device too */
            person_of[me] = MAX; keys_of[me] = MAX; in_box[me] = true
        :: else
        fi
    };
end:do
    :: atomic { host == ADA && welcome == MAX && !let_in -> let_in = true }
    :: atomic { host == EVE && MAY_TELL(confirmed) && !max_told_eve -> max_told_eve = true }
    od
}

proctype Eve() {
end:do
    :: atomic { (leaked || intercepts) && !in_box[2] ->
        person_of[2] = EVE;
        keys_of[2] = EVE;
#ifdef BROKEN_CONSENT           /* Max's knock is taken with other keys under it */
        if
        :: in_box[0] -> person_of[2] = MAX
        :: skip
        fi;
#endif
        in_box[2] = true }
    :: atomic { let_in || welcome == EVE -> /* whoever is in adds a friend of Eve's */
        act[1] = EVE;
        break }
    od
}

proctype Watch() {
end:do
#ifdef REACH
    :: atomic { let_in && confirmed && folded[0] == MAX && folded[1] == MAX -> assert(false) }
#else
    /* who is careful, or waits for the words, tells Eve nothing */
    :: atomic { (careful || forwarded) && (ada_told_eve || max_told_eve) -> assert(false) }
    /* words that were alike mean that each talks to the other, and to nobody else */
    :: atomic { done && confirmed && !(chosen == MAX && welcome == MAX && host == ADA) ->
        assert(false) }
    /* all of a person's devices know the same one person */
    :: atomic { folded[0] != NOBODY && folded[1] != NOBODY && folded[0] != folded[1] ->
        assert(false) }
    /* a second knock is never silent, an old invite lets nobody in */
    :: atomic { knocks > 1 && !alarm -> assert(false) }
    :: atomic { late -> assert(false) }
    /* where Ada's own link came to Max, nobody else's offer is taken, however careless he is */
    :: atomic { !intercepts && host == EVE -> assert(false) }
#endif
    od
}
