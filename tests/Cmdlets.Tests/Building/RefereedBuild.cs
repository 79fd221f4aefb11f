namespace Containers.Cmdlets.Tests.Building;

/// <summary>A difference that is known, and why it is none of ours.</summary>
/// <param name="Referee">docker or buildah.</param>
/// <param name="Subject">A path of the tree, or a key of the config.</param>
internal sealed record KnownDifference(string Referee, string Subject, string Why);

/// <summary>A Dockerfile with its context, for us and for others.</summary>
/// <param name="Context">A shell script that makes the context in the current directory.</param>
/// <param name="Referees">Those that understand it; none for all.</param>
internal sealed record RefereedBuild(string Name, string Dockerfile, string Context, params string[] Referees)
{
    internal static readonly string[] BaseImages = ["localhost/base:1", "localhost/triggers:1"];

    private const string WorkDirOwner = "with the old builder a WORKDIR belongs to root; with buildkit, and buildah, to the stage's user";

    private const string SetUserId = "the old builder's contexts have no set-user-ID bits, and buildah does as it did; buildkit's have them";

    private const string VolumeChange = "a RUN of the old builder, and of buildah, leaves nothing below a volume that was there before; buildkit's does";

    internal KnownDifference[] Known { get; init; } = [];

    internal string[] Referees { get; } = Referees.Length > 0 ? Referees : ["docker", "buildah"];

    internal static RefereedBuild Find(string name) => All.Single(build => build.Name == name);

    /// <summary>The root directory of localhost/base:1, with what an image may hold.</summary>
    internal const string BaseRoot = """
        mkdir -p bin etc tmp data/sub real/inner dev home/app basevolume proc sys run; touch etc/hostname etc/hosts etc/resolv.conf
        cp "$(command -v busybox)" bin/busybox
        for applet in sh cat ls mkdir ln mknod chown chmod rm rmdir id echo touch stat find sort env grep pwd mv mkfifo; do
          ln -s busybox bin/$applet
        done
        printf 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:app:/home/app:/bin/sh\nother:x:2000:2001::/:/bin/sh\n' > etc/passwd
        printf 'root:x:0:\napp:x:1001:\nweb:x:33:app\nother:x:2001:\n' > etc/group
        chmod 1777 tmp basevolume; chown 1000:1001 data data/sub home/app; chmod 2750 data/sub
        echo kept > data/kept; echo old > data/sub/old; ln data/kept data/same; chmod 640 data/kept; chown 7:8 data/kept
        echo suid > bin/suid; chmod 4755 bin/suid; echo odd > data/odd; chmod 07 data/odd
        echo able > bin/able; chmod 755 bin/able; setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 bin/able
        mknod dev/zero c 1 5; mknod dev/loop b 7 0; mkfifo tmp/fifo; ln -s real alias; ln -s /real/inner absolute; ln -s nowhere dangling
        echo replaced > real/file; mkdir real/gone; echo a > real/gone/a
        """;

    /// <summary>The configs of localhost/base:1 and of localhost/triggers:1, whose instructions are done by whatever is built on it.</summary>
    internal static readonly string[] BaseConfigs =
    [
        """
        FROM root
        ENV PATH=/bin INHERITED=yes
        LABEL from=base replaced=base
        EXPOSE 99
        VOLUME /basevolume
        STOPSIGNAL SIGQUIT
        HEALTHCHECK --interval=9s CMD true
        ENTRYPOINT ["/bin/entry", "base"]
        CMD ["base", "command"]
        """,
        """
        FROM localhost/base:1
        ONBUILD ARG FLAVOUR=plain
        ONBUILD ENV TASTE=$FLAVOUR
        ONBUILD COPY --chown=app:web trigger* /triggered/
        ONBUILD WORKDIR /triggered/here
        ONBUILD RUN ["/bin/sh", "-c", "echo \"$TASTE\" > made && ls /triggered >> made"]
        ONBUILD CMD ["from", "the trigger"]
        """,
    ];

    internal static readonly RefereedBuild[] All =
    [
        new(
            "Config",
            """
            # a comment, and no directive
            ARG REPOSITORY=localhost/base
            ARG VERSION
            FROM ${REPOSITORY}:${VERSION:-1} AS first
            ARG WHO=nobody
            ARG UNSET
            ENV HELLO="hello $WHO" SPACE=a\ b SINGLE='single $WHO' DEFAULT="${UNSET:-fall back}" SET=${WHO:+set} NOT=${UNSET:+set} ESCAPED=\$WHO EMPTY= \
              PATH=$PATH:/opt/bin INHERITED=$INHERITED.
            ENV OLD some   words "in quotes"  and ${WHO}
            ENV HELLO="$HELLO again" AFTER="$HELLO"
            # a comment between
            LABEL plain=1 "quoted key"="quoted value" joined="one \
            two" single='a "b" c' replaced=child \
            # a comment within
                   last=$WHO

            EXPOSE 80 53/udp 8000-8003/tcp 710${UNSET:-0}
            VOLUME /v1 /v2/$WHO
            MAINTAINER Some One <some@one.example>
            STOPSIGNAL SIGINT
            HEALTHCHECK --interval=3s --timeout=1m30s --start-period=2s --retries=4 CMD check "http://$WHO" || exit 1
            SHELL ["/bin/sh", "-ec"]
            USER app:web
            ONBUILD RUN echo "$WHO" && \
              echo again
            ONBUILD COPY . /x
            CMD echo $HELLO "and more"
            ENTRYPOINT ["/bin/sh", "-c"]
            """,
            "true")
        {
            Known = [new("buildah", "Cmd", "SHELL is for RUN alone"), new("buildah", "ExposedPorts", "a range stays one")],
        },
        new(
            "Reset",
            """
            FROM localhost/base:1 AS middle
            CMD ["of", "the", "stage"]
            HEALTHCHECK --retries=2 CMD ["check", "$HOME"]
            ENV A=1 B=2
            FROM middle
            ENV A=3 C=$A$B
            LABEL old style value
            VOLUME ["/v 3"]
            HEALTHCHECK NONE
            STOPSIGNAL 9
            EXPOSE 99/udp
            ENTRYPOINT entry "$HOME" $A
            """,
            "true")
        {
            Known =
            [
                new("docker", "Healthcheck", "the old builder takes intervals of the base image, which nothing has any use of"),
                new("buildah", "ExposedPorts", "a port is lost that is exposed for another protocol already"),
            ],
        },
        new(
            "Copies",
            """
            FROM localhost/base:1 AS source
            COPY tree /from/
            FROM localhost/base:1
            ARG OWNER=other
            COPY ["tree/a*", "tree/[x-z]*", "with space", "link", "/json form/"]
            COPY --chown=app:web tree /owned
            COPY --chown=$OWNER:66 file /data/kept
            COPY --chown=77 tree/special ${UNSET:-/alias}/through
            WORKDIR /work/dir
            COPY tree/deep ../up
            COPY --from=source /from /bin/able /bin/suid /staged/
            COPY --from=0 --chown=app /data /staged-owned/
            COPY --from=localhost/base:1 /alias /followed
            """,
            """
            mkdir -p tree/deep/er tree/links tree/empty; echo file > file; chmod 600 file; echo space > 'with space'
            for name in ab b.txt cc.txt x y .dot deep/f deep/er/g; do echo $name > tree/$name; done; echo special > tree/special
            chmod 751 tree/ab; chmod 4711 tree/special; chmod 1770 tree/deep; chmod 700 tree/empty; chmod 444 tree/x
            chown 123:456 tree/x tree/deep
            ln tree/y tree/y2; ln -s ab tree/links/relative; ln -s ../ab tree/links/up; ln -s /etc/passwd tree/links/absolute; ln -s none tree/links/dangling
            ln -s tree/ab link; ln -s deep tree/todeep
            """)
        {
            Known =
            [
                new("docker", "/real/through", SetUserId), new("docker", "/owned/special", SetUserId), new("docker", "/staged/special", SetUserId),
                new("buildah", "/real/through", SetUserId), new("buildah", "/owned/special", SetUserId), new("buildah", "/staged/special", SetUserId),
                new("docker", "/staged/able", "the old builder changes the owner of what it has copied, and with that the kernel takes capabilities away"),
            ],
        },
        new(
            "Runs",
            """
            FROM localhost/triggers:1
            ARG WHO=argument
            RUN echo "$WHO $INHERITED" > /ran && env | grep -v -e HOSTNAME -e container= | sort > /environment && id > /id && pwd >> /id && umask >> /id \
             # a comment within
             && mkdir -m 2711 /made && chown app:web /made && mknod /made/null c 1 3 && mkfifo -m 622 /made/fifo && ln -s ../ran /made/link && \

             ln /ran /made/hard && chmod 4755 /ran && rm -r /real/gone /data/odd && rm /dangling && mkdir /dangling && echo in > /dangling/in \
             && rm -rf /data/sub && mkdir /data/sub && echo new > /data/sub/new && touch -d '2002-03-04 05:06:07' /data/sub/old.time \
             && mv /bin/able /moved && chmod 711 /home
            VOLUME /fresh
            SHELL ["/bin/sh", "-exc"]
            USER app:web
            RUN cd /home/app; id > id; umask 077; mkdir private; echo "$HOME $0 $-" > private/home; echo run > /basevolume/run
            USER 3000
            WORKDIR /fresh/dir
            ONBUILD USER nobody
            """,
            "echo 1 > trigger1; echo 2 > trigger2; echo 3 > other")
        {
            Known =
            [
                new("docker", "/basevolume/run", VolumeChange), new("buildah", "/basevolume/run", VolumeChange),
                new("docker", "/fresh", WorkDirOwner), new("docker", "/fresh/dir", WorkDirOwner),
                new("buildah", "/fresh", "only the last of the directories that a WORKDIR makes belongs to the stage's user; with buildkit, all of them do"),
            ],
        },
        new(
            "Archives",
            """
            FROM localhost/base:1
            ADD packed.tgz misnamed.txt broken.tar.gz /both/
            ADD plain.tar /data
            ADD --chown=app:web file directory links.tar /files/
            COPY misnamed.txt /copied/
            """,
            """
            mkdir -p t/d/e directory; echo 1 > t/one; chmod 4751 t/one; ln t/one t/d/hard; ln -s ../one t/d/link; ln -s /etc/passwd t/absolute; mkfifo t/fifo
            mknod t/node c 5 1; chmod 1711 t/d; chown 11:22 t/d/e t/one; chown -h 33:44 t/d/link; touch t/d/e/.hidden
            echo kept > t/kept; mkdir t/sub; chmod 500 t/sub
            setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 t/kept
            find t -exec touch -h -d '2003-01-02 03:04:05' {} +
            tar -C t --format=posix --xattrs --xattrs-include='*' --numeric-owner -cf plain.tar .
            tar -C t --format=gnu --numeric-owner -czf packed.tgz one d absolute
            tar -C t -czf misnamed.txt kept sub d/e; echo file > file; echo broken > broken.tar.gz; cp plain.tar directory/inner.tar
            mkdir l; mkdir l/inner; echo x > l/inner/x; tar -C l -cf links.tar inner/x; rm -r t l
            """)
        {
            Known =
            [
                new("buildah", "/data", "an archive's own root changes the directory that it is unpacked into"),
                new("buildah", "/files/inner", "--chown is for directories, too, that an archive has only in its paths; with docker they are root's"),
            ],
        },
        new(
            "Scratch",
            """
            FROM localhost/base:1 AS tools
            FROM scratch AS left
            COPY --from=tools /etc/passwd /etc/group /etc/
            FROM left
            COPY . /all/
            COPY sub/*/keep* some* /picked/
            WORKDIR a/b
            USER app
            WORKDIR c
            ENV X=$PATH
            """,
            """
            mkdir -p sub/one sub/two deep/er/est node_modules/x keep/node_modules
            for name in .hidden a.log b.txt sub/a.log sub/one/keep.txt sub/two/keep.log sub/two/not deep/er/est/x.tmp deep/er/y.tmp deep/er/est/z \
              node_modules/x/f keep/node_modules/g some1 some2 only.md README.md 'back#up'; do echo "$name" > "$name"; done
            printf '%s\n' '# comment' '*.log' '**/*.tmp' '!deep/er/y.tmp' '/node_modules' '**/not' '*.md' '!README.md' \
              'some?' '!some2' '' ' sub/one/../none ' > .dockerignore
            """)
        {
            Known = [new("docker", "/a/b/c", WorkDirOwner)],
        },
        new(
            "Escapes",
            """
            # escape=`

            FROM localhost/base:1
            ENV A="a`$b" B=c`
             C=e\f
            LABEL path="C:\dir" `
                  more=`"quoted`"
            CMD [ "a\\b", "c\u0064" ]
            """,
            "true", "docker"),
        new(
            "Modes",
            """
            FROM localhost/base:1 AS tools
            FROM localhost/base:1
            COPY --chmod=700 --chown=app file tree /tree/
            ADD --chmod=4640 file /added/
            COPY --from=tools /dev/zero /dev/loop /nodes/
            RUN --mount=type=bind,target=/context --mount=type=bind,from=tools,source=/data,target=/bound \
              cat /context/file /bound/kept > /read; cat /read > /context/written || echo no >> /read
            """,
            "mkdir -p tree/sub; echo file > file; echo a > tree/a; echo b > tree/sub/b; chmod 600 tree/a", "buildah"),
    ];
}
