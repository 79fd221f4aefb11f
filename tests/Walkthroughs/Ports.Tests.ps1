# "Binding container ports to the host": -P, -p, and what the tables show then.

BeforeAll {
    . "$PSScriptRoot/Initialize.ps1"
    $walk = Enter-Walkthrough
    if (-not $obstacle) {
        Use-Docker0
    }

    # The DNAT rules of chain DOCKER as iptables -t nat -L -n lists them. Newer programs write 6 for tcp; the comment is the owner.
    function Get-Translation {
        iptables -t nat -L DOCKER -n | Where-Object { $_ -match '^DNAT' } | ForEach-Object {
            ($_ -replace '^(DNAT\s+)6\b', '$1tcp' -replace '^(DNAT\s+)17\b', '$1udp') -replace '/\*.*?\*/ ' -replace '\s+', ' '
        }
    }
}

AfterAll {
    Exit-Walkthrough $walk
}

Describe 'Binding container ports to the host' {
    BeforeEach {
        Assert-Host
    }

    AfterEach {
        Remove-EveryContainer
        if (-not $obstacle) {
            Set-ContainerHost -DefaultBindingAddress $null
        }
    }

    It 'publishes every exposed port from 49153 on with -P' {
        $web = Start-WebServer web @{ Expose = 80; PublishAll = $true }
        Get-Translation | Should -Be "DNAT tcp -- 0.0.0.0/0 0.0.0.0/0 tcp dpt:49153 to:$($web.IPAddress):80"
        iptables -t nat -L DOCKER -n | Select-Object -First 1 | Should -Be 'Chain DOCKER (2 references)'
        "$(Get-ContainerPort web 80)" | Should -Match '0\.0\.0\.0:49153'
        Read-Page 'http://172.17.42.1:49153/' | Should -Be 'page of web'

        # The next one, not the same again.
        Start-WebServer second @{ Expose = 80; PublishAll = $true } | Out-Null
        (Get-ContainerPort second 80).HostPort | Should -Be 49154
        Read-Page 'http://127.0.0.1:49154/' | Should -Be 'page of second'
    }

    It 'publishes at a port of choice with -p 80:80, for everybody' {
        $world = Start-World
        $web = Start-WebServer web @{ Publish = '80:80' }
        Get-Translation | Should -Be "DNAT tcp -- 0.0.0.0/0 0.0.0.0/0 tcp dpt:80 to:$($web.IPAddress):80"
        # The world sees the host, and the container sees the world.
        Read-PageInside world 'http://203.0.113.1/' | Should -Be 'page of web'
        Read-PageInside world 'http://203.0.113.1/cgi-bin/who' | Should -Match ':203\.0\.113\.9\]$'
        Read-Page 'http://127.0.0.1/' | Should -Be 'page of web'
        $world.IsRunning | Should -BeTrue
    }

    It 'publishes at one address with -p IP:port:port and -p IP::port' {
        $null = Start-World
        $web = Start-WebServer web @{ Publish = '127.0.0.1:8080:80', '203.0.113.1::80' }
        $listing = @(Get-Translation)
        $listing.Count | Should -Be 2
        $listing | Should -Contain "DNAT tcp -- 0.0.0.0/0 127.0.0.1 tcp dpt:8080 to:$($web.IPAddress):80"
        $port = (Get-ContainerPort web | Where-Object { "$($_.HostAddress)" -eq '203.0.113.1' }).HostPort
        $port | Should -BeGreaterOrEqual 49153
        $listing | Should -Contain "DNAT tcp -- 0.0.0.0/0 203.0.113.1 tcp dpt:$port to:$($web.IPAddress):80"

        Read-Page 'http://127.0.0.1:8080/' | Should -Be 'page of web'
        Read-PageInside world "http://203.0.113.1:$port/" | Should -Be 'page of web'
        Read-PageInside world 'http://203.0.113.1:8080/' | Should -BeNullOrEmpty
        { Read-Page "http://127.0.0.1:$port/" } | Should -Throw
    }

    It 'publishes at the address of --ip where none is said' {
        Set-ContainerHost -DefaultBindingAddress 127.0.0.1
        $web = Start-WebServer web @{ Publish = '8080:80' }
        Get-Translation | Should -Be "DNAT tcp -- 0.0.0.0/0 127.0.0.1 tcp dpt:8080 to:$($web.IPAddress):80"
        Read-Page 'http://127.0.0.1:8080/' | Should -Be 'page of web'
        { Read-Page 'http://172.17.42.1:8080/' } | Should -Throw
    }

    It 'has another port with /udp' {
        $web = Start-Idle web @{ Publish = '53:53/udp', '53' }
        @(Get-Translation) | Should -Contain "DNAT udp -- 0.0.0.0/0 0.0.0.0/0 udp dpt:53 to:$($web.IPAddress):53"
        "$(Get-ContainerPort web 53/udp)" | Should -Match '0\.0\.0\.0:53'
    }

    It 'opens the port of the container for what comes from outside the bridge' {
        $web = Start-WebServer web @{ Publish = '8080:80' }
        $rules = @(iptables -S DOCKER) -match '-j ACCEPT'
        $rules.Count | Should -Be 1
        $rules[0] | Should -Match "-d $($web.IPAddress)/32 ! -i docker0 -o docker0 -p tcp .*--dport 80 "
        Stop-Container web -Timeout 0
        iptables-save | Where-Object { $_ -match '8080|dport 80 ' } | Should -BeNullOrEmpty
        { Read-Page 'http://127.0.0.1:8080/' } | Should -Throw
    }

    It 'refuses a port that another container has, and an answer where nothing is published' {
        $null = Start-WebServer web @{ Publish = '8080:80' }
        { Start-Idle other @{ Publish = '8080:80' } } | Should -Throw -ErrorId 'PortAlreadyAllocated*'
        { Get-ContainerPort web 81 -ErrorAction Stop } | Should -Throw -ErrorId 'PortNotPublished*'
        Read-Page 'http://127.0.0.1:8080/' | Should -Be 'page of web'
    }
}
