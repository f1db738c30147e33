package dev.sluice.cache;

import dev.sluice.CacheStatus;
import dev.sluice.Exchange;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import dev.sluice.Reply.End;
import dev.sluice.Reply.Stream;
import dev.sluice.sse.SseEvent;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Identical requests that run on this replica at the same time: one leads and is served, the others follow and get its
 * answer. What the leader is refused, and a failure, is its own: then another leads. It goes on as long as anybody waits
 * for it, here or on another replica.
 */
final class Flight implements Broadcast.Audience {
    /** So many leaders may fail before everybody goes alone: they would fail one after the other. */
    private static final int FAILURES = 2;

    private final Tower tower;
    private final Set<Member> followers = new LinkedHashSet<>();
    private Member leader;
    private Broadcast broadcast;
    private boolean leaderGone;
    private boolean goesOn;
    private boolean ended;
    private int failures;

    Flight(Tower tower) {
        this.tower = tower;
    }

    /** What a flight needs to know of the world around it. */
    interface Tower {
        /** Nobody may board any more. */
        void ended();

        /** Whether the reply to this one may be given to others. */
        boolean isShareable(Reply reply);

        /** Gives it to this one. */
        void share(Reply reply, Member follower);

        /** Whether others may hear what this one is told. */
        boolean isForOthers(Stream stream, boolean followed);

        Broadcast broadcast(Stream stream, Exchange exchange, Flight flight);

        /** Lets other replicas' requests listen, as soon as there are any. */
        void tellElsewhere(Broadcast broadcast, Exchange exchange);

        /** Whether the stream that the leader is told is just what this one asks for. */
        boolean suits(Member follower, Member leader);

        /** Lets this one listen; false where it may not, or comes too late. */
        boolean listen(Broadcast broadcast, Member follower);

        /** What was told, as one reply; a refusal where it may not be given to others. */
        Reply whole(Exchange exchange, End end, Optional<List<SseEvent>> events);

        /** Nobody waits here: calls {@link Flight#endIfDeserted()} as soon as nobody does elsewhere. */
        void deserted();
    }

    void lead(Member member) {
        synchronized (this) {
            leader = member;
            broadcast = null;
            leaderGone = member.gone();
        }
        member.serve(reply -> landed(member, reply), defect -> crashed(member, defect));
    }

    /** Whether it got on; else this flight is over. */
    boolean join(Member follower) {
        Broadcast running;
        boolean listens;
        synchronized (this) {
            if (ended) {
                return false;
            }
            running = broadcast;
            listens = running != null && tower.suits(follower, leader);
            if (!listens) {
                followers.add(follower);
            }
        }
        if (listens && !tower.listen(running, follower)) {
            follower.serveAlone();
        } else if (running != null && !listens) {
            running.goOn();
        }
        return true;
    }

    /** The answer is told in events: who asked for just these may listen, the others wait for the end. */
    private void tell(Member served, Stream stream) {
        boolean forOthers = tower.isForOthers(stream, isFollowed());
        Broadcast begun = forOthers ? tower.broadcast(stream, served.exchange(), this) : null;
        List<Member> others;
        boolean over;
        boolean waitedFor;
        synchronized (this) {
            over = ended;
            if (over) {
                others = List.of();
            } else if (forOthers) {
                broadcast = begun;
                others = followers.stream().filter(follower -> tower.suits(follower, served)).toList();
                others.forEach(followers::remove);
            } else {
                others = end();
            }
            waitedFor = !followers.isEmpty() || leaderGone;
        }
        if (over) {
            stream.source().tell(how -> how).subscribe().with(nothing -> {}).cancel();
            return;
        }
        if (!served.gone()) {
            served.give(forOthers ? begun.forLeader() : stream);
        }
        for (Member other : others) {
            if (!forOthers || !tower.listen(begun, other)) {
                other.serveAlone();
            }
        }
        if (!forOthers) {
            return;
        }
        tower.tellElsewhere(begun, served.exchange());
        if (waitedFor) {
            begun.goOn();
        }
    }

    @Override
    public synchronized boolean isWaitedFor() {
        return !followers.isEmpty() || goesOn;
    }

    @Override
    public void left(boolean leaderHas) {
        boolean deserted;
        Broadcast running;
        Member first;
        synchronized (this) {
            leaderGone |= leaderHas;
            deserted = isDeserted();
            running = broadcast;
            first = leader;
        }
        if (deserted) {
            tower.deserted();
        } else if (leaderHas) {
            first.leave();
            running.withoutLeader();
        }
    }

    /** Nobody waits here, but somebody does elsewhere. */
    void goOn() {
        Broadcast running;
        Member first;
        synchronized (this) {
            if (ended) {
                return;
            }
            goesOn = true;
            running = broadcast;
            first = leader;
        }
        first.leave();
        if (running != null) {
            running.withoutLeader();
        }
    }

    @Override
    public void told(End end, Optional<List<SseEvent>> events) {
        Member served;
        synchronized (this) {
            served = leader;
            broadcast = null;
            if (followers.isEmpty() && !ended) {
                end();
                return;
            }
        }
        landed(served, tower.whole(served.exchange(), end, events));
    }

    private void landed(Member served, Reply reply) {
        if (reply instanceof Stream stream) {
            tell(served, stream);
            return;
        }
        boolean followed = isFollowed();
        boolean shareable = followed && tower.isShareable(reply);
        List<Member> others;
        Member successor = null;
        synchronized (this) {
            if (ended) {
                return;
            }
            if (!followed && !followers.isEmpty()) {
                others = null; // somebody has just come
            } else if (shareable) {
                others = end();
            } else {
                others = handOver(served, reply.receipt());
                successor = ended ? null : leader;
            }
        }
        if (others == null) {
            landed(served, reply);
            return;
        }
        served.give(reply);
        for (Member other : others) {
            if (shareable) {
                tower.share(reply, other);
            } else {
                other.serveAlone();
            }
        }
        if (successor != null) {
            lead(successor);
        }
    }

    private void crashed(Member served, Throwable defect) {
        List<Member> others;
        Member successor;
        synchronized (this) {
            if (ended) {
                return;
            }
            others = handOver(served, Receipt.failed(1, true, 0));
            successor = ended ? null : leader;
        }
        served.fail(defect);
        others.forEach(Member::serveAlone);
        if (successor != null) {
            lead(successor);
        }
    }

    private synchronized boolean isFollowed() {
        return !followers.isEmpty();
    }

    private List<Member> end() {
        ended = true;
        tower.ended();
        List<Member> all = List.copyOf(followers);
        followers.clear();
        return all;
    }

    /** Makes one of the followers the leader, if another leader may fare better; those who go alone. */
    private List<Member> handOver(Member served, Receipt receipt) {
        boolean asked = receipt.attempts() > 0 || receipt.maybeBilled();
        boolean hit = receipt.cache().filter(CacheStatus.SemanticHit.class::isInstance).isPresent();
        if (followers.isEmpty() || hit || asked && ++failures == FAILURES) {
            return end();
        }
        List<Member> alike = asked
                ? List.of()
                // What its limits refused to the leader they would refuse to others of the same key, one by one.
                : followers.stream().filter(f -> f.exchange().caller().equals(served.exchange().caller())).toList();
        alike.forEach(followers::remove);
        if (followers.isEmpty()) {
            end();
        } else {
            leader = followers.iterator().next();
            leaderGone = false;
            followers.remove(leader);
        }
        return alike;
    }

    /** It has waited long enough. */
    void giveUp(Member follower) {
        boolean waiting;
        synchronized (this) {
            waiting = followers.remove(follower);
        }
        if (waiting) {
            follower.serveAlone();
        }
    }

    /** Its client has gone, if it has not been served before. */
    void leave(Member member) {
        if (member.served()) {
            return;
        }
        member.leave();
        if (member.alone()) {
            member.cancel();
            return;
        }
        boolean deserted;
        synchronized (this) {
            followers.remove(member);
            leaderGone |= member == leader;
            deserted = isDeserted();
        }
        if (deserted) {
            tower.deserted();
        }
    }

    private boolean isDeserted() {
        return !ended && leaderGone && followers.isEmpty() && (broadcast == null || !broadcast.isHeard());
    }

    synchronized boolean deserted() {
        return isDeserted();
    }

    void endIfDeserted() {
        Member running;
        Broadcast telling;
        synchronized (this) {
            if (!isDeserted()) {
                return;
            }
            running = leader;
            telling = broadcast;
            end();
        }
        running.cancel();
        if (telling != null) {
            telling.cancel();
        }
    }
}
