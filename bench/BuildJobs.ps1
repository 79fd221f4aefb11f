# Builds. Rivals are docker (dockerd's own builder) and buildah, each on a base image of busybox and without a network.

$script:Buildah = $null

function Initialize-BuildBench {
    if (Test-Path "$work/build") { return }
    foreach ($name in 'six', 'copy', 'stages') { $null = New-Item -ItemType Directory "$work/build/$name" }
    Set-Content "$work/build/six/file" 'content'
    Set-Content "$work/build/six/Dockerfile" @(
        'FROM bench', 'ENV A=1', 'RUN mkdir /app', 'COPY file /app/', 'RUN echo 1 > /app/one', 'RUN echo 2 > /app/two', 'CMD ["/bin/true"]')
    $files = New-Item -ItemType Directory "$work/build/copy/files"
    foreach ($folder in 0..199) {
        $path = "$files/$folder"
        $null = [IO.Directory]::CreateDirectory($path)
        foreach ($file in 0..99) { [IO.File]::WriteAllText("$path/$file", "file $folder $file $folder $file") }
    }
    Set-Content "$work/build/copy/Dockerfile" 'FROM bench', 'COPY files /files'
    Set-Content "$work/build/stages/Dockerfile" @(
        'FROM bench AS one', 'RUN sleep 1', 'RUN echo 1 > /one', 'FROM bench AS two', 'RUN sleep 1', 'RUN echo 2 > /two',
        'FROM bench', 'COPY --from=one /one /', 'COPY --from=two /two /')
    if (Get-Command buildah -ErrorAction Ignore) {
        $script:Buildah = @('buildah', '--root', "$work/buildah/root", '--runroot', "$work/buildah/run", '--storage-driver', 'overlay')
        $id = & $Buildah[0] $Buildah[1..6] from scratch
        & $Buildah[0] $Buildah[1..6] copy -q $id "$work/bundle/rootfs" / > $null
        & $Buildah[0] $Buildah[1..6] commit -q $id bench > $null
        & $Buildah[0] $Buildah[1..6] rm $id > $null
        & $Buildah[0] $Buildah[1..6] build -q --network host --isolation chroot "$work/build/six" > "$work/buildah.log" 2>&1
        if ($LASTEXITCODE) {
            Write-Host "skipped: buildah ($(Get-Content -Tail 1 "$work/buildah.log"))"
            $script:Buildah = $null
        }
    }
}

# Cold: every step is done; else all of them come from the cache.
function Get-BuildAction([string] $Folder, [switch] $Cold) {
    $path = "$work/build/$Folder"
    $actions = [ordered]@{ containers = { Measure-Milliseconds { $null = Build-ContainerImage $path -InformationAction Ignore -Network none -Tag "bench/$Folder" -NoCache:$Cold } }.GetNewClosure() }
    $skip = if ($Cold) { '--no-cache' }
    if ($Rivals.Contains('docker')) {
        $actions.docker = { Invoke-Rival docker (@('build', '-q', '--network', 'none', '-t', "bench/$Folder") + @($skip | Where-Object { $_ }) + $path) }.GetNewClosure()
    }
    if ($Buildah) {
        $command = $Buildah + @('build', '-q', '--network', 'host', '--isolation', 'chroot', '-t', "bench/$Folder", ($Cold ? '--no-cache' : '--layers'), $path)
        $actions.buildah = { [Containers.Bench.Spawn]::Run('/dev/null', [string[]] $command) }.GetNewClosure()
    }
    $actions
}

function Measure-Build {
    Initialize-BuildBench
    Measure-Round 'build, six steps' (Get-BuildAction six -Cold) ([Math]::Min($Rounds, 7)) @{ docker = 1 / 2; buildah = 1 / 2 }
    Measure-Round 'build, six steps, cached' (Get-BuildAction six) $Rounds @{ containers = 50 } -WarmUp 5
}

# Every round copies something new: what is known already would be thrown away by some, and kept twice by others.
function Get-FreshAction([System.Collections.IDictionary] $Actions) {
    $fresh = [ordered]@{}
    foreach ($name in $Actions.Keys) {
        $action = $Actions[$name]
        $fresh[$name] = { [IO.File]::WriteAllText("$work/build/copy/files/0/0", [Guid]::NewGuid()); & $action }.GetNewClosure()
    }
    $fresh
}

function Measure-BuildCopy {
    Initialize-BuildBench
    Measure-Round 'build, copy 20,000 files' (Get-FreshAction (Get-BuildAction copy -Cold)) ([Math]::Min($Rounds, 5)) @{ docker = 1; buildah = 1 }
    Measure-Round 'build, copy 20,000 files, cached' (Get-BuildAction copy) ([Math]::Min($Rounds, 7)) @{}
}

# Two stages of a second each that do not need each other.
function Measure-BuildStages {
    Initialize-BuildBench
    Measure-Round 'build, two stages' (Get-BuildAction stages -Cold) ([Math]::Min($Rounds, 5)) @{ containers = 1800 }
}
