# Images: pulls, loads, saves, imports, commits. The image is a Debian of three layers; the registry is docker-registry on each host's own loopback, over
# one folder. Keep the stores in memory for these (-Temp /dev/shm): what is measured is the engine, not the disk.

$script:ImageName = '127.0.0.1:5000/bench/debian:12'
$script:Registries = [System.Collections.Generic.List[Diagnostics.Process]]::new()

# A root of Debian, 5000 small files, and a layer of programs: about 320 MB, 134 of them compressed. Nothing is made twice in one run.
function Initialize-ImageBench {
    if (Test-Path "$work/image") { return }
    $null = New-Item -ItemType Directory "$work/image"
    $debian = "$PSScriptRoot/../out/debian"
    if (-not (Test-Path "$debian.complete")) { throw 'There is no out/debian: run ./build.sh test once.' }
    $null = New-ContainerImage bench/base -Path $debian
    $files = 'i=0; while [ $i -lt 5000 ]; do mkdir -p /srv/$((i/100)); echo "file $i $i $i" > /srv/$((i/100))/$i; i=$((i+1)); done'
    $null = Invoke-ContainerImage bench/base -Name files -Network none -Command sh, -c, $files
    $null = ConvertTo-ContainerImage files bench/files
    $bulk = 'mkdir /opt/bulk; for i in 1 2 3 4 5 6 7 8; do cat /usr/bin/[a-m]* | head -c 6000000 | gzip -1 > /opt/bulk/packed$i; cat /usr/lib/x86_64-linux-gnu/*.so* | head -c 9000000 > /opt/bulk/plain$i; done'
    $null = Invoke-ContainerImage bench/files -Name bulk -Network none -Command sh, -c, $bulk
    $null = ConvertTo-ContainerImage bulk $ImageName
    Remove-Container files, bulk -Confirm:$false
    $image = Get-ContainerImage $ImageName
    Export-ContainerImage $ImageName -Path "$work/image/image.tar"
    tar -C $debian -cf "$work/image/root.tar" .
    Set-Content "$work/image/registry.yml" @"
version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: $work/image/registry }, delete: { enabled: true } }
http: { addr: 127.0.0.1:5000 }
"@
    Start-BenchRegistry @()
    $pushed = Submit-ContainerImage $ImageName
    Write-Host ("image: {0} layers, {1:n0} MB unpacked, {2:n0} MB compressed" -f $image.Layers, ($image.Size / 1e6), ($pushed.Size / 1e6))
    if ($Dockerd) { Start-BenchRegistry @('nsenter', "--net=/proc/$($Dockerd.Id)/ns/net") }
}

function Start-BenchRegistry([string[]] $Prefix) {
    $command = @($Prefix) + @('docker-registry', 'serve', "$work/image/registry.yml")
    $Registries.Add((Start-Process $command[0] -ArgumentList $command[1..($command.Count - 1)] -PassThru -RedirectStandardError "$work/image/registry.err$($Registries.Count)" -RedirectStandardOutput /dev/null))
    Start-Sleep -Milliseconds 700
}

function Stop-BenchRegistry { foreach ($one in $Registries) { if (-not $one.HasExited) { kill -TERM $one.Id; $null = $one.WaitForExit(5000) } }; $Registries.Clear() }

# Runs a script in a session of its own with an empty store; milliseconds.
function Use-EmptyStore([scriptblock] $Action) {
    $before = $env:CONTAINERS_DATA_ROOT
    $env:CONTAINERS_DATA_ROOT = "$work/empty"
    try { Measure-Milliseconds $Action }
    finally {
        $env:CONTAINERS_DATA_ROOT = $before
        Remove-Item -Recurse -Force "$work/empty"
    }
}

# The engine-independent part: the blobs by curl, inflated and unpacked by tar, one pipe for each layer, all at once.
function Measure-PullFloor {
    $manifest = curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' http://127.0.0.1:5000/v2/bench/debian/manifests/12 | ConvertFrom-Json
    $lines = @($manifest.layers | ForEach-Object { $n = 0 } { "mkdir -p $work/floor/$n; curl -sf http://127.0.0.1:5000/v2/bench/debian/blobs/$($_.digest) | pigz -d | tar -xpf - --xattrs -C $work/floor/$n & pids=`"`$pids `$!`""; $n++ }) + 'for pid in $pids; do wait $pid || exit; done'
    Set-Content "$work/floor.sh" ($lines -join "`n")
    try { [Containers.Bench.Spawn]::Run('/dev/null', [string[]] @('sh', "$work/floor.sh")) } finally { Remove-Item -Recurse -Force "$work/floor" }
}

function Measure-Pull {
    Initialize-ImageBench
    $actions = [ordered]@{
        containers = { Use-EmptyStore { Request-ContainerImage $ImageName } }
    }
    # Without pigz it would be something else that is measured.
    if (Get-Command pigz -ErrorAction Ignore) { $actions.floor = { Measure-PullFloor } }
    else { Write-Warning 'The floor of a pull is left out: pigz is not installed.' }
    if ($Rivals.Contains('docker')) {
        $actions.docker = {
            Invoke-Rival docker @('pull', '-q', $ImageName)
            $null = Invoke-Rival docker @('rmi', $ImageName)
        }
    }
    Measure-Round 'pull' $actions ([Math]::Min($Rounds, 7)) @{ docker = 1 / 3; floor = 1.4 }
    $memory = pwsh -NoProfile -NonInteractive -Command @"
`$env:CONTAINERS_DATA_ROOT = '$work/empty2'; Import-Module '$((Resolve-Path $Module).Path)'; `$null = Get-ContainerImage
function peak { [long](((Get-Content /proc/self/status) -match '^VmHWM').Split()[-2]) / 1024 }
`$before = peak; `$null = Request-ContainerImage $ImageName; (peak) - `$before
"@
    Remove-Item -Recurse -Force "$work/empty2"
    Add-Figure 'pull, memory on top of pwsh' containers MB @([double] $memory) $null 150
    Measure-Round 'pull again' ([ordered]@{ containers = { Measure-Milliseconds { Request-ContainerImage $ImageName } } }) $Rounds @{ containers = 50 } -WarmUp 3
}

function Measure-Load {
    Initialize-ImageBench
    $actions = [ordered]@{ containers = { Use-EmptyStore { Import-ContainerImage "$work/image/image.tar" } } }
    if ($Rivals.Contains('docker')) {
        $actions.docker = { Invoke-Rival docker @('load', '-q', '-i', "$work/image/image.tar"); $null = Invoke-Rival docker @('rmi', $ImageName) }
    }
    Measure-Round 'load' $actions ([Math]::Min($Rounds, 7)) @{ docker = 1 / 3 }
}

function Measure-Save {
    Initialize-ImageBench
    $actions = [ordered]@{ containers = { Measure-Milliseconds { Export-ContainerImage $ImageName -Path "$work/saved.tar" -Force } } }
    if ($Rivals.Contains('docker')) {
        $null = Invoke-Rival docker @('load', '-q', '-i', "$work/image/image.tar")
        $actions.docker = { Invoke-Rival docker @('save', '-o', "$work/saved2.tar", $ImageName) }
    }
    Measure-Round 'save' $actions ([Math]::Min($Rounds, 7)) @{ docker = 1 / 4 }
    Remove-Item -Force "$work/saved.tar", "$work/saved2.tar" -ErrorAction Ignore
}

function Measure-ImportRoot {
    Initialize-ImageBench
    $actions = [ordered]@{ containers = { Use-EmptyStore { Import-ContainerImage "$work/image/root.tar" -AsRootFileSystem } } }
    if ($Rivals.Contains('docker')) {
        $actions.docker = { Invoke-Rival docker @('import', "$work/image/root.tar", 'imported'); $null = Invoke-Rival docker @('rmi', 'imported') }
    }
    Measure-Round 'import' $actions ([Math]::Min($Rounds, 7)) @{ docker = 1 / 2 }
}

# 100 MB that do not compress, in one file, in a stopped container.
function Measure-Commit {
    $write = 'head -c 100000000 /dev/urandom > /big'
    $null = Invoke-ContainerImage bench -Name committed -Network none -Command sh, -c, $write
    $actions = [ordered]@{ containers = { Measure-Milliseconds { ConvertTo-ContainerImage committed bench/committed }; $null = Remove-ContainerImage bench/committed } }
    if ($Rivals.Contains('docker')) {
        $null = Invoke-Rival docker ((Get-RunOption docker) + @('--name', 'committed', 'bench', 'sh', '-c', $write))
        $actions.docker = { Invoke-Rival docker @('commit', 'committed', 'bench/committed'); $null = Invoke-Rival docker @('rmi', 'bench/committed') }
    }
    Measure-Round 'commit 100 MB' $actions ([Math]::Min($Rounds, 7)) @{ docker = 1 / 2 }
    Remove-Container committed -Confirm:$false
}

function Measure-ImageList {
    $before = $env:CONTAINERS_DATA_ROOT
    $env:CONTAINERS_DATA_ROOT = "$work/many"
    try {
        foreach ($i in 1..500) { $null = New-ContainerImage "many/image$i" -Path "$work/bundle/rootfs/tmp" -Label @{ number = "$i" } }
        Measure-Round 'list 500 images' ([ordered]@{
            containers = { Measure-Milliseconds { if (@(Get-ContainerImage).Count -ne 500) { throw 'An image is missing from the list.' } } }
        }) $Rounds @{ containers = 100 } -WarmUp 5
        $fresh = pwsh -NoProfile -NonInteractive -Command "Import-Module '$((Resolve-Path $Module).Path)'; Get-ContainerHost | Out-Null; (Measure-Command { Get-ContainerImage }).TotalMilliseconds"
        Add-Figure 'list 500 images, first time' containers ms @([double] $fresh) $null $null
    }
    finally { $env:CONTAINERS_DATA_ROOT = $before }
}
