using System.Runtime.Versioning;
using Containers.Engine.Images;
using Xunit;

namespace Containers.Engine.Tests.Images;

[SupportedOSPlatform("linux")]
public sealed class ProgramImageTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Programs_run_in_the_root_that_was_made_of_them()
    {
        Skip.IfNot(Shell.IsRoot, "chroot needs root");
        Skip.IfNot(Shell.Has("bash") && Shell.Has("ls"), "bash and ls are copied");
        File.WriteAllText(_folder["script"], "#!/usr/bin/env bash\necho from script\n");
        File.SetUnixFileMode(_folder["script"], (UnixFileMode)0x1ED);
        (ImageRecord image, string files) = Create("bash", "/bin/ls", _folder["script"]);

        Assert.Equal("a bash\n", Shell.Run($"chroot {files} /bin/bash -c 'echo a bash'", "/"));
        Assert.Contains("passwd", Shell.Run($"chroot {files} /bin/ls /etc", "/"), StringComparison.Ordinal);
        Assert.Equal("from script\n", Shell.Run($"PATH=/usr/bin:/bin /usr/sbin/chroot {files} {_folder["script"]}", "/"));
        Assert.EndsWith("/bash", Assert.Single(image.Config.Config.Cmd), StringComparison.Ordinal);
        Assert.Equal("1777 700", Shell.Run("echo $(stat -c %a tmp root)", files).Trim());
        Assert.Equal(new DirectoryInfo("/bin").LinkTarget, new DirectoryInfo(Path.Join(files, "bin")).LinkTarget);
        Assert.True(File.Exists(Path.Join(files, "etc/nsswitch.conf")));
    }

    [SkippableFact]
    public void Busybox_brings_its_applets()
    {
        Skip.IfNot(Shell.IsRoot && Shell.Has("busybox"), "busybox is not installed, or no root for chroot");
        (ImageRecord image, string files) = Create("busybox");

        Assert.Equal("hi\n0\n", Shell.Run($"chroot {files} /bin/sh -c 'echo hi; id -u root'", "/"));
        Assert.Equal(["/bin/sh"], image.Config.Config.Cmd);
    }

    [SkippableFact]
    public void The_same_programs_give_the_same_layer()
    {
        Skip.IfNot(Shell.Has("ls"), "ls is copied");

        Assert.Equal(Create("ls").Record.LayerDirectories, Create("ls").Record.LayerDirectories);
    }

    [Fact]
    public void A_missing_program_is_named()
    {
        EngineException e = Assert.Throws<EngineException>(() => Create("no-such-program"));
        Assert.Equal(("ProgramNotFound", "no-such-program"), (e.ErrorId, e.ErrorTarget));
        Assert.Equal("ProgramNotFound", Assert.Throws<EngineException>(() => Create("/etc/passwd")).ErrorId);
        Assert.Equal("ProgramNotFound", Assert.Throws<EngineException>(() => Create("/etc")).ErrorId);
        Assert.Equal("ProgramNotFound", Assert.Throws<EngineException>(() => Create()).ErrorId);
        File.WriteAllText(_folder["script"], "#!/no/such/interpreter\n");
        File.SetUnixFileMode(_folder["script"], (UnixFileMode)0x1ED);
        Assert.Equal("ProgramNotFound", Assert.Throws<EngineException>(() => Create(_folder["script"])).ErrorId);
    }

    [SkippableFact]
    public void Libraries_are_found_by_origin_as_the_loader_does()
    {
        Skip.IfNot(Shell.IsRoot && Shell.Has("gcc"), "gcc is not installed, or no root for chroot");
        Shell.Run(
            """
            mkdir -p app/bin app/lib; echo 'int deep(void){return 41;}' > deep.c; echo 'int deep(void); int f(void){return deep()+1;}' > f.c
            cat > main.c <<'EOF'
            #include <stdio.h>
            int f(void); int main(void){printf("%d\n", f());}
            EOF
            gcc -shared -fPIC -o app/lib/libdeep.so deep.c
            gcc -shared -fPIC -Wl,-rpath,'${ORIGIN}' -o app/lib/libf.so f.c -Lapp/lib -ldeep
            gcc -Wl,--enable-new-dtags -Wl,-rpath,'$ORIGIN/../lib' -Wl,-rpath-link,app/lib -o app/bin/main main.c -Lapp/lib -lf
            """, _folder.Path);
        (_, string files) = Create(_folder["app/bin/main"]);

        Assert.Equal("42\n", Shell.Run(
            $"unshare -m sh -ec 'mount -t proc none {files}/proc; chroot {files} {_folder["app/bin/main"]}'", "/"));
        File.Delete(_folder["app/lib/libdeep.so"]);
        Assert.Equal("LibraryNotFound", Assert.Throws<EngineException>(() => Create(_folder["app/bin/main"])).ErrorId);
    }

    [Fact]
    public void A_damaged_elf_file_is_read_without_trouble()
    {
        byte[] program = File.ReadAllBytes("/bin/sh");
        Random random = new(11);
        for (int round = 0; round < 300; round++)
        {
            byte[] copy = program[..(round % 3 == 0 ? random.Next(program.Length) : program.Length)];
            for (int i = 0; i < 20 && copy.Length > 1024; i++)
            {
                copy[5 + random.Next(1000)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(_folder["elf"], copy);
            ElfFile? elf = ElfFile.TryRead(_folder["elf"]);
            Assert.True(elf is null || elf.Needed.Count <= 4096);
        }
    }

    private (ImageRecord Record, string Files) Create(params string[] programs)
    {
        ImageStore store = new(_folder["data"]);
        ContainerImage image = store.CreateFromPrograms(programs, new ImageImportOptions(), null, CancellationToken.None);
        ImageRecord record = store.Open(image.Id);
        return (record, _folder["data/" + record.LayerDirectories[0]]);
    }
}
