using System.Text;
using Containers.Engine.Building.Checking;
using Xunit;

namespace Containers.Engine.Tests.Building;

/// <summary>Whatever a file holds: it is read, or refused with a reason, and that soon.</summary>
public sealed class MutationTests
{
    private static readonly string[] s_files =
    [
        "FROM debian:12-slim AS build\nRUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev \\\n && rm -rf /var/lib/apt/lists/*\nWORKDIR /src\nCOPY main.c .\nRUN gcc -O2 -static -o /out/main main.c\nFROM scratch\nCOPY --from=build /out/main /main\nENTRYPOINT [\"/main\"]\n",
        "# syntax=docker/dockerfile:1\n# check=skip=UndefinedVar;error=true\nARG VERSION=1.27\nFROM nginx:${VERSION:-latest}\nENV A=1 B=\"two words\" C='$A'\nCOPY --chown=101:101 <<EOF /etc/nginx/conf.d/default.conf\nserver { listen 80; root ${A:+/usr/share}; }\nEOF\nEXPOSE 80/tcp 443\nSTOPSIGNAL SIGQUIT\n",
        "FROM alpine\nRUN --mount=type=cache,target=/var/cache/apk,sharing=locked --mount=type=secret,id=k,env=K \\\n  apk add postgresql # not a comment\nVOLUME [\"/var/lib/postgresql/data\"]\nHEALTHCHECK --interval=30s --timeout=3s CMD pg_isready || exit 1\nUSER postgres\nCMD [\"postgres\"]\n",
        "FROM ubuntu\nMAINTAINER Somebody <some@body>\nENV LANG C.UTF-8\nLABEL a=b \"c d\"=\"e \\\n f\"\nONBUILD COPY . /app\nONBUILD RUN <<A\nmake\nA\nADD https://host/x.tar.gz /tmp/\n",
        "# escape=`\nFROM windows\nRUN dir `\n C:\\\nSHELL [\"powershell\", \"-Command\"]\nRUN Write-Host hi\n",
        "FROM a\nRUN cat <<A <<-'B' | sort\n1\nA\n\t2\n\tB\nRUN <<EOF\n#!/usr/bin/env python3\nprint(1)\nEOF\n",
        "ARG A=x\nARG B=${A}y C=${B#*x}\nFROM s${C%%z*}:${B//x/y} AS One\nARG A\nENV D=${A:-${B:-${C:?c}}}\nfrom One\nrun echo ${D}\n",
        "FROM --platform=$BUILDPLATFORM golang:1.26 AS b\nARG TARGETOS TARGETARCH\nRUN --mount=target=. --mount=type=cache,target=/root/.cache GOOS=$TARGETOS go build -o /out/x .\nFROM scratch\nCOPY --link --from=b /out/x /\n",
        "FROM redis\nCOPY --parents --exclude=*.md ./a/./b /c/\nCOPY [\"a b\", \"/d e/\"]\nRUN [\"/bin/sh\", \"-c\", \"echo \\u00e4\"]\nEXPOSE 6379-6380/tcp 53/UDP\n",
        "\uFEFFFROM a\r\nRUN b \\\r\n  c\r\n\r\nENV a=b\r\n# comment \u00e4\u00f6\r\nWORKDIR relative\r\n",
    ];

    private static readonly string[] s_pieces =
    [
        "\\\n", "\n", "\r\n", "<<EOF", "EOF\n", "#", "\"", "'", "$x", "${x:-y}", "${", "}", " ", "\t", "\\", "`", "[", "]", "--mount=", "--from=0", "=", "FROM a\n",
        "ONBUILD ", "RUN ", "COPY ", "\v", "# escape=`\n", "AS", ",", "\0", "\u0085", "\u00a0", "${a#", "*",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Damaged_files_give_findings_and_never_another_exception(int seed)
    {
        Random random = new(seed);
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        for (int i = 0; i < 3000; i++)
        {
            List<byte> bytes = [.. Encoding.UTF8.GetBytes(s_files[random.Next(s_files.Length)])];
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                int at = random.Next(bytes.Count + 1);
                switch (random.Next(4))
                {
                    case 0:
                        bytes.InsertRange(at, Encoding.UTF8.GetBytes(s_pieces[random.Next(s_pieces.Length)]));
                        break;
                    case 1:
                        bytes.RemoveRange(at, Math.Min(random.Next(1, 12), bytes.Count - at));
                        break;
                    case 2:
                        bytes.Insert(at, (byte)random.Next(256));
                        break;
                    default:
                        int from = random.Next(bytes.Count + 1);
                        bytes.InsertRange(at, bytes.GetRange(from, Math.Min(random.Next(1, 80), bytes.Count - from)));
                        break;
                }
            }

            IReadOnlyList<ContainerFileFinding> findings = DockerfileChecker.Check("Dockerfile", bytes.ToArray(), new Dictionary<string, string>(), _ => null, null);
            Assert.All(findings, finding => Assert.True(finding is { Line: > 0, Column: > 0 } && finding.Message.Length > 0));
        }

        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(2), $"{watch.Elapsed}");
    }
}
