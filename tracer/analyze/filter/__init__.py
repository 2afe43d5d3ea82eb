"""A small language that picks lines of the list of calls: `read write fd:3 failed >1ms`.

    names         read  write,close  epoll_*         calls by name; several are alternatives
    classes       %net %file %desc %wait %signal %process %memory %aio %time %ipc
    events        event signal spawn exec exit mark lost end
    outcomes      failed wasted interrupted wakeup unknown (copies not all known), err:EAGAIN
    descriptors   fd:3 (that number)  fd:3.2 (its third generation)  fd:/etc/* (what it is)
    threads       tid:7 pid:7 thread:worker*
    times         >1ms kernel>10us blocked>=5ms user<1us runnable>0   (bare: kernel + blocked + runnable)
    bytes         bytes>4k in>1k out>=1M   (k, M, G are powers of 1024)
    text          /regex/ over the line as strace would write it; /regex/i for any case
    place         phase:measure since:1.5s before:2s line:100..200

Terms side by side must all hold, except that names, classes and events are alternatives of each other: `read write
failed` is (read or write) and failed. `-term`, `!term` or `not term` excludes; `and`, `or` and parentheses say
everything else. Letters' case does not matter, but in a regex.

`parse.parse` makes a tree (`tree`), `masks.compiled` makes a function of columns of it, `search.Search` applies
that to the lines of a recording while it grows and gives `matches.Matches`.
"""
