package dev.sluice.cache;

import dev.sluice.CacheStatus;
import dev.sluice.Exchange;
import dev.sluice.Receipt;
import dev.sluice.Reply;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Identical requests that run on this replica at the same time: one leads and is served, the others follow and get its
 * answer. What the leader is refused, and a failure, is its own: then another leads. It goes on as long as anybody waits
 * for it, here or on another replica.
 */
final class Flight {
    /** So many leaders may fail before everybody goes alone: they would fail one after the other. */
    private static final int FAILURES = 2;

    private final Tower tower;
    private final Set<Member> followers = new LinkedHashSet<>();
    private Member leader;
    private boolean leaderGone;
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
        boolean isShareable(Reply reply, Exchange exchange);

        /** Gives it to this one. */
        void share(Reply reply, Member follower);

        /** Nobody waits here: calls {@link Flight#endIfDeserted()} as soon as nobody does elsewhere. */
        void deserted();
    }

    void lead(Member member) {
        synchronized (this) {
            leader = member;
            leaderGone = member.gone();
        }
        member.serve(reply -> landed(member, reply), defect -> crashed(member, defect));
    }

    /** Whether it got on; else this flight is over. */
    synchronized boolean join(Member follower) {
        return !ended && followers.add(follower);
    }

    private void landed(Member served, Reply reply) {
        boolean followed = isFollowed();
        boolean shareable = followed && tower.isShareable(reply, served.exchange());
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

    /** Its client has gone. */
    void leave(Member member) {
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
        return !ended && leaderGone && followers.isEmpty();
    }

    synchronized boolean deserted() {
        return isDeserted();
    }

    void endIfDeserted() {
        Member running;
        synchronized (this) {
            if (!isDeserted()) {
                return;
            }
            running = leader;
            end();
        }
        running.cancel();
    }
}
